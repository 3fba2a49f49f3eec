"""Generated rows in the shape of Criteo's click log, and of the model on them. NumPy alone: peers' environments run it.

The shape is that of DeepRec's wide-and-deep model (modelzoo/wide_and_deep): 26 columns of ids, each hashed to 10,000
buckets, with embeddings of 64 or 128 numbers; 13 numbers; hidden layers of 1024, 512 and 256; batches of 512.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BATCH, STEPS = 512, 200
BUCKETS, NUMBERS, HIDDEN = 10_000, 13, (1024, 512, 256)
#: Different values of each of the 26 columns in the Kaggle challenge's log, as DeepRec counted them.
VALUES = (
    *(1396, 553, 2594031, 698469, 290, 23, 12048, 608, 3, 65156, 5309, 2186509, 3128),
    *(26, 12750, 1537323, 10, 5002, 2118, 4, 1902327, 17, 15, 135790, 94, 84305),
)
#: How wide DeepRec's embedding of each column is: those of more than 20,000 values are 128 numbers wide.
WIDTHS = tuple(128 if values > 20_000 else 64 for values in VALUES)
_SEED = 1
# Prime to BUCKETS, so that frequent values do not lie side by side in a table.
_SPREAD = 7919
_CLICKS = 0.25


class Rows(NamedTuple):
    """n rows: ids int32 [n, 26], each below BUCKETS; numbers float32 [n, 13]; label float32 [n], 0 or 1."""

    ids: np.ndarray
    numbers: np.ndarray
    label: np.ndarray

    def first(self, count: int) -> Rows:
        """The first rows."""
        return Rows(*(part[:count] for part in self))


def make_rows(count: int = BATCH * STEPS) -> Rows:
    """The same rows at every call.

    A column's values follow Zipf's law with exponent 1: of k, the i-th comes with chance log(1 + 1/i) / log(1 + k).
    A quarter of the rows are of label 1, roughly; the chance depends on the first numbers and on every id.
    """
    random = np.random.default_rng(_SEED)
    values = np.exp(random.random((count, len(VALUES))) * np.log1p(VALUES)).astype(np.int64)
    ids = (values * _SPREAD % BUCKETS).astype(np.int32)
    numbers = random.standard_normal((count, NUMBERS)).astype(np.float32)
    weights = random.normal(0, 0.2, (len(VALUES), BUCKETS))
    logit = weights[np.arange(len(VALUES)), ids].sum(axis=1) + 0.5 * numbers[:, 0] + np.log(_CLICKS / (1 - _CLICKS))
    label = (random.random(count) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    return Rows(ids, numbers, label)
