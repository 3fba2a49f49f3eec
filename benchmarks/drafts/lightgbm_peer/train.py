"""LightGBM's trees on arrays that another process has written: defaults, but for their number, which eval decides.

    python -m benchmarks.drafts.lightgbm_peer.train ARRAYS.npz SCORES.npy

ARRAYS: x_SPLIT, float64 [rows, columns], y_SPLIT, float64 [rows], of train, eval and test; categorical, the numbers of
the columns that hold codes. SCORES gets the chances of label 1 of test, float64 [rows].
"""

from __future__ import annotations

import sys

import lightgbm
import numpy as np

# So many trees more without gain on eval end it.
_MOST_TREES, _PATIENCE = 5000, 20


def main() -> None:
    """Trains and scores."""
    arrays = np.load(sys.argv[1])
    columns = arrays["categorical"].tolist()
    train = lightgbm.Dataset(arrays["x_train"], arrays["y_train"], categorical_feature=columns)
    watched = lightgbm.Dataset(arrays["x_eval"], arrays["y_eval"], reference=train)
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1},
        train,
        num_boost_round=_MOST_TREES,
        valid_sets=[watched],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    np.save(sys.argv[2], booster.predict(arrays["x_test"]))


if __name__ == "__main__":
    main()
