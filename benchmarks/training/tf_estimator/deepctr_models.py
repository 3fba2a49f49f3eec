"""DeepCTR, which asks PyPI for a newer version of itself when it is imported: here it asks nobody."""

from __future__ import annotations

import requests

__all__ = ["WDL", "DenseFeat", "SparseFeat", "VarLenSparseFeat"]


def _offline(*_: object, **__: object) -> None:
    raise OSError("nothing here asks the network")


requests.get = _offline  # type: ignore[assignment]

from deepctr.feature_column import (  # type: ignore[import-not-found]  # noqa: E402
    DenseFeat,
    SparseFeat,
    VarLenSparseFeat,
)
from deepctr.models import WDL  # type: ignore[import-not-found]  # noqa: E402
