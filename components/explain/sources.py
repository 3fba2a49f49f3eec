"""Where the ids of a feature come from: a source finds some ids, the targets, in raw rows, with the values behind them.

The ids are made by the operations that Transform's graph is made of, so they are those of training and serving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import tensorflow as tf

from widedeep.components.common.errors import WideDeepError
from widedeep.components.explain.batch import Batch
from widedeep.components.explain.boundaries import range_text
from widedeep.components.features.spec import Feature
from widedeep.components.transform import vocabulary_strings


@dataclass(frozen=True)
class Occurrences:
    """Uses of the targets in a batch.

    Attributes:
        rows: int64 [n], where.
        which: int64 [n], which of the targets.
        codes: int64 [n, members], the values behind it: numbers in `names`; no columns where the id alone says them.
        names: for each member its different values.
    """

    rows: np.ndarray
    which: np.ndarray
    codes: np.ndarray
    names: list[list[bytes]]


class Source(Protocol):
    """The origin of one column's ids."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The features that the ids are made of."""

    def occurrences(self, batch: Batch, targets: np.ndarray) -> Occurrences:
        """Every use of the targets (ids, int64, rising) in a batch."""

    def fixed_names(self, targets: np.ndarray) -> dict[int, str]:
        """The values that are known without data, by their ids."""


class NumericSource:
    """Buckets, and one more for missing values."""

    def __init__(self, feature: Feature, boundaries: np.ndarray) -> None:
        self.keys = (feature.key,)
        self._boundaries = boundaries

    def occurrences(self, batch: Batch, targets: np.ndarray) -> Occurrences:
        """As Source says."""
        values = batch.values(*self.keys)
        ids = np.full(batch.count, len(self._boundaries) + 1)
        ids[values.rows] = values.codes
        return _of_id(np.arange(batch.count), ids, targets)

    def fixed_names(self, targets: np.ndarray) -> dict[int, str]:
        """Their ranges."""
        return {int(bucket): range_text(self._boundaries, int(bucket)) for bucket in targets}


class VocabularySource:
    """The strings of a vocabulary in its file's order, and the buckets of all others after them."""

    def __init__(self, feature: Feature, path: str, oov_buckets: int) -> None:
        self.keys = (feature.key,)
        self._path, self._oov_buckets = path, oov_buckets
        # As tft.apply_vocabulary makes it.
        strings = tf.lookup.TextFileInitializer(
            path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
        )
        self._table = tf.lookup.StaticVocabularyTable(strings, oov_buckets)

    def occurrences(self, batch: Batch, targets: np.ndarray) -> Occurrences:
        """As Source says."""
        values = batch.values(*self.keys)
        ids = self._table.lookup(vocabulary_strings.encode(values.tensor)).numpy()
        return _of_id(values.rows, ids[values.codes], targets)

    def fixed_names(self, targets: np.ndarray) -> dict[int, str]:
        """Its strings, and which bucket of all other strings.

        Raises:
            WideDeepError: the file is not as this version writes it.
        """
        ids, size = set(targets.tolist()), 0
        lines: dict[int, bytes] = {}
        with tf.io.gfile.GFile(self._path, "rb") as file:
            for size, line in enumerate(file, 1):
                if size - 1 in ids:
                    lines[size - 1] = line.rstrip(b"\n")
        try:
            strings = vocabulary_strings.decode(list(lines.values()))
        except tf.errors.InvalidArgumentError:
            raise WideDeepError(
                f"{self._path}: holds other text than base64: was it made by another version? Run the pipeline again."
            ) from None
        names = {number: string.decode(errors="replace") for number, string in zip(lines, strings, strict=True)}
        for bucket in ids - names.keys():
            which = f", bucket {bucket - size + 1} of {self._oov_buckets}" if self._oov_buckets > 1 else ""
            names[bucket] = f"(out of vocabulary{which})"
        return names


class HashSource:
    """Strings in hash buckets."""

    def __init__(self, feature: Feature) -> None:
        assert feature.transform.hash is not None
        self.keys = (feature.key,)
        self._buckets = feature.transform.hash.size

    def occurrences(self, batch: Batch, targets: np.ndarray) -> Occurrences:
        """As Source says."""
        values = batch.values(*self.keys)
        ids = tf.strings.to_hash_bucket_fast(values.tensor, self._buckets).numpy()[values.codes]
        which, uses = target_positions(ids, targets)
        return Occurrences(values.rows[uses], which, values.codes[uses, None], [values.names])

    def fixed_names(self, targets: np.ndarray) -> dict[int, str]:  # noqa: ARG002
        """None: a hash does not tell what went into it."""
        return {}


def _of_id(rows: np.ndarray, ids: np.ndarray, targets: np.ndarray) -> Occurrences:
    which, uses = target_positions(ids, targets)
    return Occurrences(rows[uses], which, np.empty((len(uses), 0), np.int64), [])


def target_positions(ids: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the ids that are among the targets (rising, one or more): which one each is, and where they stand."""
    which = np.searchsorted(targets, ids)
    positions = np.flatnonzero(targets[np.minimum(which, len(targets) - 1)] == ids)
    return which[positions], positions
