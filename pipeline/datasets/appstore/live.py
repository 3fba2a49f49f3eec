"""A store that runs on: its users come, are shown what somebody else has ranked, and install by the true chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from widedeep.pipeline.datasets.appstore.installed import InstalledApps
from widedeep.pipeline.datasets.appstore.population import Integers
from widedeep.pipeline.datasets.appstore.store import Size, truth
from widedeep.pipeline.datasets.appstore.tables import candidate_columns, context_columns
from widedeep.pipeline.datasets.appstore.visits import Impressions, Visits, answers, visits

# What a request says of each candidate's place on the page, which is only known once it is ranked: the first, of all.
_POSITION = 1


class LiveStore:
    """The store of a size, day by day, all of its users in one.

    Attributes:
        truth: by which users answer.
    """

    def __init__(self, size: Size) -> None:
        """Nothing has happened yet."""
        self.truth = truth(size)
        self._everybody = np.arange(len(self.truth.users.since))
        self._random = np.random.default_rng([size.seed, 2])
        self._installed = InstalledApps(self.truth.users, self.truth.apps, self._random)

    @property
    def random(self) -> np.random.Generator:
        """What everything that happens is drawn from."""
        return self._random

    def visits(self, day: int, requests: int) -> Visits:
        """Users who come on a day, with what they have by now."""
        return visits(self.truth, self._everybody, self._installed.apps, day, requests, self._random)

    def show(self, came: Visits, app: Integers, day: int) -> Impressions:
        """Shows apps [n, k]; what is installed is the users' from now on."""
        shown = answers(self.truth, came, app, day, self._random)
        request, place = np.nonzero(shown.taken)
        self._installed.add(shown.user[request], shown.app[request, place])
        return shown

    def requests(self, came: Visits, day: int) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """What a model's server is asked for each visit: the context, and the free candidates in their order."""
        users, apps = self.truth.users, self.truth.apps
        contexts = context_columns(users, came.user, came.second, came.installed, len(apps.since)).to_pylist()
        candidates = candidate_columns(apps, came.proposed[came.free], day).to_pylist()
        ends = np.cumsum(came.free.sum(axis=1)).tolist()
        return [
            (context, [{**candidate, "position": _POSITION} for candidate in candidates[begin:end]])
            for context, begin, end in zip(contexts, [0, *ends], ends, strict=False)
        ]
