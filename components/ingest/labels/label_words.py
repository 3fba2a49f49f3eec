"""How often a file's label has each of the values that its rule lists, and which others it takes for 0."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from widedeep.components.features.spec import Label
from widedeep.components.ingest.arrow_columns import single_values
from widedeep.components.ingest.labels.label_values import texts

# Of other values, the first: a misspelt one is among few.
_OTHERS = 20


class LabelWords:
    """Counts them as the file is read, in bounded memory."""

    def __init__(self, declared: Label) -> None:
        """Nothing yet."""
        self._listed = {*(declared.positive or ()), *(declared.negative or ())}
        self._others = 0
        self.counts: Counter[str] = Counter()

    def add(self, column: pa.Array) -> None:
        """Adds a batch of the raw column."""
        counted = texts(single_values(column)).value_counts()
        for word, count in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
            if word not in self._listed and word not in self.counts:
                if self._others == _OTHERS:
                    continue
                self._others += 1
            self.counts[word] += count
