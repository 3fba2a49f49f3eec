"""The chance of an install, which the data are drawn by.

    z_smooth = sqrt(0.8) taste(user) . R(day) place(app) + sqrt(0.2) quality(app)
    z_exceptions = sqrt(0.6) sum over installed i of e(i, app) / sqrt(2)
                 + sqrt(0.3) e(country, app) / sqrt(0.25)
                 + sqrt(0.1) e(device, category, part of the day) / sqrt(0.25)
    logit = BIAS + SCALE (sqrt(1 - mix) z_smooth + sqrt(mix) z_exceptions) - 0.3 ln(position)
    chance = (1 - noise) sigmoid(logit) + noise RATE

Both z have a variance near 1, so that `mix` is the share of the exceptions. R(day) turns the places of all apps by 0.03
a day, which is the drift. e(...) is +1 or -1 for a tenth of all pairs of apps, and for a quarter of the other
combinations, and 0 for all others: no pair tells anything of another, so that none of it generalises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widedeep.pipeline.datasets.appstore.hashing import Floats, signs
from widedeep.pipeline.datasets.appstore.population import DIMENSIONS, Apps, Users

BIAS, SCALE, RATE = -2.6, 1.6, 0.08
TASTE, QUALITY = 0.8, 0.2
_PAIRS, _COUNTRIES, _PARTS = 0.6, 0.3, 0.1
_OF_PAIRS, _OF_OTHERS = 0.1, 0.25
# Apps that a user has, of which the pairs are made; their sum has a variance of 20 * 0.1.
MOST_INSTALLED = 20
# What each adds to z where e is 1.
PAIR, COUNTRY = (_PAIRS / (MOST_INSTALLED * _OF_PAIRS)) ** 0.5, (_COUNTRIES / _OF_OTHERS) ** 0.5
PART = (_PARTS / _OF_OTHERS) ** 0.5
# Of the first two the variance over all.
PAIR_VARIANCE, COUNTRY_VARIANCE = _PAIRS / MOST_INSTALLED, _COUNTRIES
POSITION, _TURN = 0.3, 0.03
_HOURS_A_PART = 6

Indices = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Truth:
    """The chance of an install, of one store.

    Attributes:
        users: all.
        apps: all.
        seed: of the exceptions.
        mix: the share of the exceptions in what moves the logit, 0 to 1.
        noise: the share of impressions whose outcome nothing explains, 0 to 1.
    """

    users: Users
    apps: Apps
    seed: int
    mix: float
    noise: float

    def places(self, day: int) -> Floats:
        """float32 [apps, DIMENSIONS]: where the apps are on a day; the first two dimensions turn, then the next two."""
        cosine, sine = np.float32(np.cos(_TURN * day)), np.float32(np.sin(_TURN * day))
        turn = np.kron(np.eye(DIMENSIONS // 2, dtype=np.float32), np.array([[cosine, sine], [-sine, cosine]]))
        turned: Floats = self.apps.place @ turn.astype(np.float32)
        return turned

    def chances(
        self, user: Indices, app: Indices, installed: Indices, position: Indices, day: int, hour: Indices
    ) -> npt.NDArray[np.float64]:
        """float64 [n, k]: the chances of k apps that each of n requests shows.

        Args:
            user: [n], indices.
            app: [n, k], indices.
            installed: [n, MOST_INSTALLED], indices of the apps that the user has, -1 where there are fewer.
            position: [n, k], from 1.
            day: from 0.
            hour: [n], 0 to 23.
        """
        smooth = np.float32(TASTE**0.5) * np.einsum("nd,nkd->nk", self.users.taste[user], self.places(day)[app])
        smooth += np.float32(QUALITY**0.5) * self.apps.quality[app]
        exceptions = self._exceptions(user, app, installed, hour)
        z = (1 - self.mix) ** 0.5 * smooth.astype(np.float64) + self.mix**0.5 * exceptions
        logit = BIAS + SCALE * z - POSITION * np.log(position)
        chance: npt.NDArray[np.float64] = (1 - self.noise) / (1 + np.exp(-logit)) + self.noise * RATE
        return chance

    def pair_signs(self, installed: Indices, app: Indices) -> Floats:
        """e(installed, app), float32 of their common shape."""
        return signs(_OF_PAIRS, self.seed, 1, installed, app)

    def country_signs(self, country: Indices, app: Indices) -> Floats:
        """e(country, app), float32 of their common shape."""
        return signs(_OF_OTHERS, self.seed, 2, country, app)

    def part_signs(self, device: Indices, app: Indices, hour: Indices) -> Floats:
        """e(device, category of the app, part of the day), float32 of their common shape."""
        return signs(_OF_OTHERS, self.seed, 3, device, self.apps.category[app], hour // _HOURS_A_PART)

    def _exceptions(self, user: Indices, app: Indices, installed: Indices, hour: Indices) -> Floats:
        pairs = self.pair_signs(installed[:, None, :], app[:, :, None])
        pairs = np.where(installed[:, None, :] >= 0, pairs, 0).sum(axis=2)
        country = self.country_signs(self.users.country[user][:, None], app)
        parts = self.part_signs(self.users.device[user][:, None], app, hour[:, None])
        made: Floats = PAIR * pairs + COUNTRY * country + PART * parts
        return made
