"""What is seen of the rows while they are read, batch by batch, file by file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from widedeep.components.content.content_record import Content, FileContent, RowSample, SplitContent, ValueSample
from widedeep.components.content.hash_sample import HashSample, hashes_of
from widedeep.components.features.spec import FeatureSpec

# Shares are right to half a percent then. A record of thirty features stays below 10 MB a split.
_ROWS, _VALUES = 1 << 17, 1 << 13


@dataclass
class _FeatureSketch:
    rows: int = 0
    values: int = 0
    sample: HashSample = field(default_factory=lambda: HashSample(_VALUES))


class SplitSketch:
    """What is seen of one split."""

    def __init__(self, spec: FeatureSpec) -> None:
        """Nothing yet."""
        self.rows = 0
        self._sample = HashSample(_ROWS)
        self._strings = [feature.key for feature in spec.features if not feature.is_number]
        self._features = {feature.key: _FeatureSketch() for feature in spec.features}

    @property
    def present(self) -> dict[str, int]:
        """How many rows have a value, by feature."""
        return {name: feature.rows for name, feature in self._features.items()}

    def add(self, batch: pa.RecordBatch, examples: Sequence[bytes]) -> None:
        """Looks at some rows.

        Args:
            batch: their columns, as lists.
            examples: the same rows, as serialized tf.Examples.
        """
        self.rows += batch.num_rows
        self._sample.add(hashes_of(examples), np.ones(len(examples), np.int64))
        for name, feature in self._features.items():
            column = batch.column(name)
            feature.rows += batch.num_rows - column.null_count
            if name in self._strings:
                values = column.flatten()
                feature.values += len(values)
                counts = values.value_counts()
                different = counts.field(0).to_pylist()
                feature.sample.add(hashes_of(different), counts.field(1).to_numpy(), different)

    def merge(self, other: SplitSketch) -> None:
        """Adds what was seen of other rows."""
        self.rows += other.rows
        self._sample.merge(other._sample)
        for name, feature in self._features.items():
            feature.rows += other._features[name].rows
            feature.values += other._features[name].values
            feature.sample.merge(other._features[name].sample)

    def record(self) -> SplitContent:
        """What was seen."""
        self._sample.cut()
        hashes = sorted(self._sample.counts)
        return SplitContent(
            rows=self.rows,
            sample=RowSample(
                limit=self._sample.limit, hashes=hashes, counts=[self._sample.counts[hashed] for hashed in hashes]
            ),
            features={name: _values(feature) for name, feature in self._features.items()},
        )


def _values(feature: _FeatureSketch) -> ValueSample:
    sample = feature.sample
    sample.cut()
    by_value = sorted((sample.contents[hashed].decode(), count) for hashed, count in sample.counts.items())
    return ValueSample(
        rows=feature.rows,
        values=feature.values,
        limit=sample.limit,
        counts=dict(by_value),
    )


@dataclass
class Sketch:
    """What is seen of some files."""

    splits: dict[str, SplitSketch] = field(default_factory=dict)
    files: list[FileContent] = field(default_factory=list)

    def merge(self, other: Sketch) -> None:
        """Adds what was seen of other files."""
        self.files += other.files
        for split, seen in other.splits.items():
            if split in self.splits:
                self.splits[split].merge(seen)
            else:
                self.splits[split] = seen

    def record(self, splits: Sequence[str], by_hash: bool, by_time: bool = False) -> Content:
        """What was seen, with the splits in a given order; those without a row are left out."""
        return Content(
            by_hash=by_hash,
            by_time=by_time,
            splits={split: self.splits[split].record() for split in splits if split in self.splits},
            files=sorted(self.files, key=lambda file: file.path),
        )
