"""What single files lack that the others of their split have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from widedeep.components.common.errors import shown
from widedeep.components.content.absence import is_no_chance
from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.features.spec import FeatureSpec, Label
from widedeep.components.gate.findings import Finding

_LISTED = 3


def gap_findings(content: Content, spec: FeatureSpec) -> Iterator[Finding]:
    """Yields a warning for each feature that whole files lack, where that can't be chance."""
    for split, files in _by_split(content).items():
        for feature in spec.features:
            having = [file for file in files if file.present.get(feature.key)]
            rows = sum(file.rows for file in having)
            share = sum(file.present[feature.key] for file in having) / rows if rows else 0.0
            lacking = [file for file in files if file not in having and is_no_chance(file.rows, share)]
            if lacking:
                reason = (
                    f"no row has a value in {len(lacking)} of {len(files)} files: {_listed(lacking)}; "
                    f"{share:.1%} of the rows of the others have one"
                )
                yield Finding(split, feature.key, reason, mild=True)


def empty_file_notes(content: Content) -> Iterator[str]:
    """Yields which files have no rows."""
    for split, files in _by_split(content).items():
        empty = [file for file in files if not file.rows + file.left_out]
        if empty:
            of_split = "" if content.by_hash or content.by_time else f" of '{split}'"
            yield f"files{of_split} without rows, {len(empty)} of {len(files)}, are left out: {_listed(empty)}"


def spreading_notes(content: Content) -> Iterator[str]:
    """Yields how many rows belong to no split, or to one that their content tells."""
    left_out, keyless = sum(file.left_out for file in content.files), sum(file.keyless for file in content.files)
    rows = sum(file.rows for file in content.files)
    if left_out:
        share = left_out / (rows + left_out)
        yield f"{left_out:,} rows ({share:.1%}) are before the first start of data.split_by_time: they are left out"
    if keyless:
        yield (
            f"{keyless:,} rows ({keyless / rows:.1%}) have no value of the column that data.hash_by names: the hash of "
            "all that they hold tells their split"
        )


def label_notes(content: Content, label: Label) -> Iterator[str]:
    """Yields the values that are 1 and that no row has."""
    labels = {value for file in content.files for value in file.labels}
    absent = [value for value in label.positive or () if value not in labels]
    if absent and labels:
        yield f"no row has the label {', '.join(map(shown, absent))}, which `positive` in features.yaml lists as 1"


def drawn_notes(content: Content) -> Iterator[str]:
    """Yields how many rows were drawn, which no file holds."""
    positives, drawn, short = (
        sum(getattr(file, name) for file in content.files) for name in ("positives", "drawn", "short")
    )
    if drawn:
        read = sum(file.rows for file in content.files) - drawn
        yield (
            f"data.negatives: {drawn:,} rows of label 0 were drawn for the {positives:,} of label 1 among the {read:,} "
            "that were read: a score is a probability among such rows, and calibration and log loss are of them"
        )
    if short:
        yield f"for {short:,} rows of label 1 fewer were drawn: their users have had nearly all candidates"


def _by_split(content: Content) -> dict[str, list[FileContent]]:
    by_split: dict[str, list[FileContent]] = {}
    for file in content.files:
        by_split.setdefault(file.split, []).append(file)
    return by_split


def _listed(files: Sequence[FileContent]) -> str:
    more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
    return ", ".join(file.path for file in files[:_LISTED]) + more
