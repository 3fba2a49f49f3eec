"""Where the ids of a cross come from: as widedeep.components.explain.sources, for combinations of values."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from widedeep.components.explain.batch import Batch, Values
from widedeep.components.explain.sources import Occurrences, target_positions
from widedeep.components.features.spec import Cross
from widedeep.components.transform.crosses import HASH_KEY


class CrossSource:
    """Combinations of values in hash buckets."""

    def __init__(self, cross: Cross) -> None:
        self.keys = cross.keys
        self._buckets = cross.size

    def occurrences(self, batch: Batch, targets: np.ndarray) -> Occurrences:
        """As Source says."""
        members = [batch.values(key) for key in self.keys]
        sparse = [_sparse(member, batch.count) for member in members]
        ids = tf.sparse.cross_hashed(sparse, num_buckets=self._buckets, hash_key=HASH_KEY)
        which, uses = target_positions(ids.values.numpy(), targets)
        rows, places = ids.indices.numpy()[uses].T
        codes = []
        # A row's combinations stand in the order of numbers whose digits are its values, the last member's last.
        for member in reversed(members):
            counts = np.bincount(member.rows, minlength=batch.count)
            places, digits = np.divmod(places, counts[rows])
            first = np.cumsum(counts) - counts
            codes.append(member.codes[first[rows] + digits])
        return Occurrences(rows, which, np.stack(codes[::-1], axis=1), [member.names for member in members])

    def fixed_names(self, targets: np.ndarray) -> dict[int, str]:  # noqa: ARG002
        """None: a hash does not tell what went into it."""
        return {}


def _sparse(values: Values, count: int) -> tf.SparseTensor:
    words = tf.gather(values.tensor, values.codes)
    return tf.RaggedTensor.from_value_rowids(words, values.rows, nrows=count).to_sparse()
