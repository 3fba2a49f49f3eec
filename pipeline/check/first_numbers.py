"""Whether 32 bits keep the numbers of the first rows apart, as a run asks of all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.arrow_columns import column_kinds, to_lists
from widedeep.components.ingest.numbers.number_faults import faults
from widedeep.components.ingest.numbers.number_profile import FileNumbers, NumberProfile
from widedeep.components.ingest.scalars import BadValueError


def numbers_of(path: str, raw: pa.RecordBatch, spec: FeatureSpec, labelled: bool) -> FileNumbers:
    """The numbers of some rows; those of a column that can't be used are left out, as that is told elsewhere.

    Args:
        path: of their file.
        raw: as they stand there.
        spec: the declaration.
        labelled: whether they have label and weight.
    """
    profile = NumberProfile(spec)
    for key, kind in column_kinds(spec, labelled).items():
        if key in profile.keys and spec.columns[key] in raw.schema.names:
            try:
                profile.add(key, 1, to_lists(raw.column(spec.columns[key]), kind, "|"))
            except (BadValueError, DataError):
                continue
    return profile.record(path, None)


def number_notes(read: Sequence[FileNumbers], spec: FeatureSpec) -> Iterator[str]:
    """Yields what would stop a run, were all rows like these: rows in order of time may be closer together."""
    stopping, _ = faults(read, spec)
    for sentence in stopping:
        yield f"in the first rows, and if in all, the run stops: {sentence}"
