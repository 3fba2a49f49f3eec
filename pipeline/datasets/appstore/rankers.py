"""Orders of what is proposed by those who need no model: the older ranker, and two rails to measure against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from widedeep.pipeline.datasets.appstore.population import Integers
from widedeep.pipeline.datasets.appstore.truth import Truth
from widedeep.pipeline.datasets.appstore.visits import Visits

Counts = npt.NDArray[np.integer] | npt.NDArray[np.floating]
# How little the older ranker knows: the scale of what chance adds to a user's taste.
_CHANCE = 1.0
# Impressions that an app is given beforehand, at the mean rate.
_PRIOR = 20


def older(truth: Truth, came: Visits, day: int, random: np.random.Generator) -> Integers:
    """int32 [n, SHOWN]: by the places of the day before, and by chance."""
    known = truth.places(max(0, day - 1))[came.proposed]
    taste = np.einsum("nd,nkd->nk", truth.users.taste[came.user], known)
    return came.best(taste + np.float32(_CHANCE) * _gumbel(taste.shape, random))


def best_possible(truth: Truth, came: Visits, day: int) -> Integers:
    """int32 [n, SHOWN]: by the true chances, which no model can know better."""
    first = np.ones_like(came.proposed)
    return came.best(truth.chances(came.user, came.proposed, came.installed, first, day, came.second // 3600))


def popular(rates: npt.NDArray[np.float64], came: Visits) -> Integers:
    """int32 [n, SHOWN]: the same for everybody, by the apps' rates of installs [apps]."""
    return came.best(rates[came.proposed])


def install_rates(shown: Counts, installed: Counts) -> npt.NDArray[np.float64]:
    """float64 [apps]: installs per impression, drawn to the mean rate where there are few impressions.

    Args:
        shown: [apps], impressions of each.
        installed: [apps], installs of each.
    """
    rates: npt.NDArray[np.float64] = (installed + _PRIOR * installed.sum() / shown.sum()) / (shown + _PRIOR)
    return rates


def _gumbel(shape: tuple[int, ...], random: np.random.Generator) -> npt.NDArray[np.float32]:
    exponential: npt.NDArray[np.float32] = random.standard_exponential(shape, np.float32)
    return -np.log(np.maximum(exponential, np.finfo(np.float32).tiny))
