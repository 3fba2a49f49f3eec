"""What users have installed."""

from __future__ import annotations

import numpy as np

from widedeep.pipeline.datasets.appstore.population import Apps, Users
from widedeep.pipeline.datasets.appstore.truth import MOST_INSTALLED, Indices
from widedeep.pipeline.datasets.appstore.visits import drawn

_FEWEST_AT_FIRST, _MOST_AT_FIRST = 3, 12


class InstalledApps:
    """The apps that each user of a part has: those that came last, up to MOST_INSTALLED."""

    def __init__(self, users: Users, apps: Apps, random: np.random.Generator) -> None:
        """What they have on the first day: some of the popular ones."""
        number = len(users.since)
        proposed = drawn(apps.popularity[apps.since <= 0], (number, _MOST_AT_FIRST), random)
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
