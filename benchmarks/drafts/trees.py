"""LightGBM beside a draft: the same columns of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.drafts.split_columns import SplitColumns
from benchmarks.harness import peer_environments, subprocesses

_LOCK = Path(__file__).parent / "lightgbm_peer" / "requirements.lock"


def trees(splits: Mapping[str, SplitColumns], folder: Path) -> dict[str, float]:
    """AUC and log loss of LightGBM's trees on the split test.

    Args:
        splits: train, eval and test.
        folder: to write to.
    """
    given, scores = folder / "arrays.npz", folder / "scores.npy"
    np.savez(given, **arrays(splits))  # type: ignore[arg-type]
    python = peer_environments.interpreter(_LOCK)
    module = "benchmarks.drafts.lightgbm_peer.train"
    subprocesses.run(module, given, scores, log=folder / "lightgbm.txt", python=python)
    label, predicted = splits["test"].label, np.load(scores)
    return {"auc": float(roc_auc_score(label, predicted)), "logloss": float(log_loss(label, predicted))}


def arrays(splits: Mapping[str, SplitColumns]) -> dict[str, np.ndarray]:
    """What the peer reads: numbers, and categories as codes by the values of train; what it lacks is NaN."""
    made: dict[str, np.ndarray] = {}
    codes = {name: pd.Index(values.dropna().unique()) for name, values in splits["train"].categories.items()}
    for split, columns in splits.items():
        coded = [codes[name].get_indexer(values).astype(np.float64) for name, values in columns.categories.items()]
        of_split = [*columns.numbers.values(), *(np.where(code < 0, np.nan, code) for code in coded)]
        made |= {f"x_{split}": np.stack(of_split, axis=1), f"y_{split}": columns.label}
    numbers = len(splits["train"].numbers)
    return made | {"categorical": np.arange(numbers, numbers + len(codes))}
