"""What the store shows in a day, and what is installed of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widedeep.pipeline.datasets.appstore.population import Apps, Integers, Users
from widedeep.pipeline.datasets.appstore.truth import MOST_INSTALLED, Indices, Truth

# Apps that a request shows, of those that are proposed for it.
SHOWN, _PROPOSED = 10, 40
# How little the older ranker knows: the scale of what chance adds to a user's taste.
_CHANCE = 1.0
_FEWEST_AT_FIRST, _MOST_AT_FIRST = 3, 12
# By the hour, from midnight.
_BUSY = np.array([3, 2, 1, 1, 1, 2, 4, 7, 8, 7, 6, 7, 8, 7, 6, 6, 7, 8, 10, 11, 12, 11, 8, 5], np.float64)


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


class InstalledApps:
    """The apps that each user of a part has: those that came last, up to MOST_INSTALLED."""

    def __init__(self, users: Users, apps: Apps, random: np.random.Generator) -> None:
        """What they have on the first day: some of the popular ones."""
        number = len(users.since)
        proposed = _drawn(apps.popularity[apps.since <= 0], (number, _MOST_AT_FIRST), random)
        proposed.sort(axis=1)
        twice = np.zeros_like(proposed, bool)
        twice[:, 1:] = proposed[:, 1:] == proposed[:, :-1]
        many = random.integers(_FEWEST_AT_FIRST, _MOST_AT_FIRST + 1, number)
        keep = ~twice & (random.permuted(np.tile(np.arange(_MOST_AT_FIRST), (number, 1)), axis=1) < many[:, None])
        self.apps = np.full((number, MOST_INSTALLED), -1, np.int32)
        user, place = np.nonzero(keep)
        self._count = np.zeros(number, np.int64)
        self.add(user, proposed[user, place])

    def add(self, user: Indices, app: Indices) -> None:
        """Adds apps [n] of users [n], as they were installed one after another; what a user has already is left out."""
        new = ~(self.apps[user] == app[:, None]).any(axis=1)
        user, app = user[new], app[new]
        _, first = np.unique(user.astype(np.int64) << 32 | app, return_index=True)
        first.sort()
        user, app = user[first], app[first]
        by_user = np.argsort(user, kind="stable")
        user, app = user[by_user], app[by_user]
        began = np.searchsorted(user, user)
        number = np.arange(len(user)) - began
        self.apps[user, (self._count[user] + number) % MOST_INSTALLED] = app
        np.add.at(self._count, user, 1)


def impressions(
    truth: Truth, part: npt.NDArray[np.int64], installed: Integers, day: int, requests: int, random: np.random.Generator
) -> Impressions:
    """Shows apps to users of a part of them, who come as often as they are active.

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
    among = _drawn(users.activity[here], (requests,), random)
    user = here[among]
    have = installed[among]
    second = _seconds(requests, random)
    there = np.flatnonzero(apps.since <= day)
    proposed = there[_drawn(apps.popularity[there], (requests, _PROPOSED), random)]
    proposed.sort(axis=1)
    # Of the places of the day before, and by chance.
    known = truth.places(max(0, day - 1))[proposed]
    score = np.einsum("nd,nkd->nk", users.taste[user], known) + np.float32(_CHANCE) * _gumbel(proposed.shape, random)
    score[:, 1:][proposed[:, 1:] == proposed[:, :-1]] = -np.inf
    score[(proposed[:, :, None] == have[:, None, :]).any(axis=2)] = -np.inf
    best = np.argsort(-score, axis=1, kind="stable")[:, :SHOWN]
    app = np.take_along_axis(proposed, best, axis=1).astype(np.int32)
    position = np.broadcast_to(np.arange(1, SHOWN + 1), app.shape)
    chance = truth.chances(user, app, have, position, day, second // 3600)
    return Impressions(user, second, have, app, chance, random.random(chance.shape) < chance)


def _drawn(
    weights: npt.NDArray[np.float32], shape: tuple[int, ...], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Indices, each as often as its weight says."""
    below = np.cumsum(weights.astype(np.float64))
    places = np.searchsorted(below, random.random(shape) * below[-1], side="right")
    within: npt.NDArray[np.int64] = np.minimum(places, len(weights) - 1)
    return within


def _seconds(number: int, random: np.random.Generator) -> Integers:
    hour = _drawn(_BUSY.astype(np.float32), (number,), random)
    return np.sort(hour * 3600 + random.integers(0, 3600, number)).astype(np.int32)


def _gumbel(shape: tuple[int, ...], random: np.random.Generator) -> npt.NDArray[np.float32]:
    drawn: npt.NDArray[np.float32] = random.standard_exponential(shape, np.float32)
    return -np.log(np.maximum(drawn, np.finfo(np.float32).tiny))
