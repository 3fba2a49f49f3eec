"""Users who come to the store: what may be shown to them, and how they answer to what is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widedeep.pipeline.datasets.appstore.population import Integers
from widedeep.pipeline.datasets.appstore.truth import Indices, Truth

# Apps that a request shows, of those that are proposed for it.
SHOWN, _PROPOSED = 10, 40
# By the hour, from midnight.
_BUSY = np.array([3, 2, 1, 1, 1, 2, 4, 7, 8, 7, 6, 7, 8, 7, 6, 6, 7, 8, 10, 11, 12, 11, 8, 5], np.float64)


@dataclass(frozen=True)
class Visits:
    """n requests before anything is shown, in the order of time.

    Attributes:
        user: int64 [n], indices.
        second: int32 [n], of the day.
        installed: int32 [n, MOST_INSTALLED], indices of the apps that the user has, -1 where there are fewer.
        proposed: int64 [n, m], indices of the apps that may be shown.
        free: bool [n, m], whether the user lacks it, and it did not come before.
    """

    user: Indices
    second: Integers
    installed: Integers
    proposed: Indices
    free: npt.NDArray[np.bool_]

    def best(self, scores: npt.NDArray[np.floating]) -> Integers:
        """int32 [n, SHOWN]: the free apps with the highest of scores [n, m], the best first."""
        order = np.argsort(np.where(self.free, -scores, np.inf), axis=1, kind="stable")[:, :SHOWN]
        return np.take_along_axis(self.proposed, order, axis=1).astype(np.int32)

    def free_apps(self, places: npt.NDArray[np.integer]) -> Integers:
        """int32 [n, k]: apps by their places [n, k] among the free ones of each request."""
        free_first = np.argsort(~self.free, axis=1, kind="stable")
        return np.take_along_axis(self.proposed, np.take_along_axis(free_first, places, axis=1), axis=1).astype(
            np.int32
        )


@dataclass(frozen=True)
class Impressions:
    """n requests of k apps each, in the order of time.

    Attributes:
        user: int64 [n], indices.
        second: int32 [n], of the day.
        installed: int32 [n, MOST_INSTALLED], indices of the apps that the user has, -1 where there are fewer.
        app: int32 [n, k], indices, as they stand on the page.
        chance: float64 [n, k], of an install.
        taken: bool [n, k], whether it was installed.
    """

    user: Indices
    second: Integers
    installed: Integers
    app: Integers
    chance: npt.NDArray[np.float64]
    taken: npt.NDArray[np.bool_]


def visits(
    truth: Truth, part: npt.NDArray[np.int64], installed: Integers, day: int, requests: int, random: np.random.Generator
) -> Visits:
    """Lets users of a part of them come, as often as they are active.

    Args:
        truth: of the store.
        part: [p], indices of the part's users.
        installed: [p, MOST_INSTALLED], what they have.
        day: from 0.
        requests: how many.
        random: what is drawn from.
    """
    users, apps = truth.users, truth.apps
    here = part[users.since[part] <= day]
    among = drawn(users.activity[here], (requests,), random)
    have = installed[among]
    second = _seconds(requests, random)
    there = np.flatnonzero(apps.since <= day)
    proposed = there[drawn(apps.popularity[there], (requests, _PROPOSED), random)]
    proposed.sort(axis=1)
    free = _free(proposed, have)
    # Who has nearly all that is popular is proposed others, whatever their popularity.
    few = np.flatnonzero(free.sum(axis=1) < SHOWN)
    if len(few):
        others = random.permuted(np.tile(there, (len(few), 1)), axis=1)[:, :_PROPOSED]
        others.sort(axis=1)
        proposed[few], free[few] = others, _free(others, have[few])
    return Visits(here[among], second, have, proposed, free)


def _free(proposed: Indices, have: Integers) -> npt.NDArray[np.bool_]:
    """Whether apps [n, m], rising, are not among those [n, k] that the user has, and not the one before: [n, m]."""
    free: npt.NDArray[np.bool_] = ~(proposed[:, :, None] == have[:, None, :]).any(axis=2)
    free[:, 1:] &= proposed[:, 1:] != proposed[:, :-1]
    return free


def answers(truth: Truth, came: Visits, app: Integers, day: int, random: np.random.Generator) -> Impressions:
    """What users install of the apps [n, k] that they are shown, by the true chance."""
    chance = shown_chances(truth, came, app, day)
    return Impressions(came.user, came.second, came.installed, app, chance, random.random(chance.shape) < chance)


def shown_chances(truth: Truth, came: Visits, app: Indices, day: int) -> npt.NDArray[np.float64]:
    """float64 [n, k]: the chances of apps [n, k] in the order in which they stand on the page."""
    position = np.broadcast_to(np.arange(1, app.shape[1] + 1), app.shape)
    return truth.chances(came.user, app, came.installed, position, day, came.second // 3600)


def drawn(
    weights: npt.NDArray[np.float32], shape: tuple[int, ...], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Indices, each as often as its weight says."""
    below = np.cumsum(weights.astype(np.float64))
    places = np.searchsorted(below, random.random(shape) * below[-1], side="right")
    within: npt.NDArray[np.int64] = np.minimum(places, len(weights) - 1)
    return within


def _seconds(number: int, random: np.random.Generator) -> Integers:
    hour = drawn(_BUSY.astype(np.float32), (number,), random)
    return np.sort(hour * 3600 + random.integers(0, 3600, number)).astype(np.int32)
