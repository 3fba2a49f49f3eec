"""How much of what can be known so many rows tell one who knows the form of the simulated store's formula.

    python -m benchmarks run learnable [--rows 1000000] [--seed 1]

Nothing is trained. An effect of variance s^2 of which n train rows tell can be estimated to the share
k = n I s^2 / (1 + n I s^2) of its variance, where I is what a row tells of its logit; so each effect of the formula is
drawn as such an estimate, and the test day is ranked by their sum. The same store is seen for a tenth of its rows to
ten times as many; as AUC, popularity is 0 % and the true chances are 100 %. Effects are taken to be told apart from
each other, and of a product of taste and place each factor is estimated as if the other were known: a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.figures import Figure, print_figures
from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.attainable import Attainable
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.population import COUNTRIES, DIMENSIONS
from widedeep.pipeline.datasets.appstore.store import Size
from widedeep.pipeline.datasets.appstore.truth import (
    COUNTRY,
    COUNTRY_VARIANCE,
    PAIR,
    PAIR_VARIANCE,
    PART,
    POSITION,
    QUALITY,
    SCALE,
    TASTE,
)
from widedeep.pipeline.datasets.appstore.visits import SHOWN, Impressions

_DAYS, _TRAIN = 8, 6
_TIMES = (0.1, 0.3, 1.0, 3.0, 10.0)
# Requests that are simulated at a time.
_BLOCK = 10_000
Floats = NDArray[np.float64]


@dataclass
class Seen:
    """Train rows by what they tell of, and the number of them.

    Attributes:
        users, apps: float64 [users], [apps].
        pairs, countries: float64 [apps, apps], installed by shown, and [countries, apps].
        installs: float64 [apps].
        information: the sum of p (1 - p).
    """

    users: Floats
    apps: Floats
    pairs: Floats
    countries: Floats
    installs: Floats
    information: float = 0.0

    @classmethod
    def none(cls, users: int, apps: int) -> Seen:
        """Nothing yet."""
        pairs, countries = np.zeros((apps, apps)), np.zeros((len(COUNTRIES), apps))
        return cls(np.zeros(users), np.zeros(apps), pairs, countries, np.zeros(apps))

    def add(self, shown: Impressions, country: NDArray[np.integer]) -> None:
        """Counts the rows of requests, of users in countries [n]."""
        np.add.at(self.users, shown.user, SHOWN)
        np.add.at(self.apps, shown.app, 1)
        np.add.at(self.installs, shown.app[shown.taken], 1)
        np.add.at(self.countries, (country[:, None], shown.app), 1)
        request, place = np.nonzero(shown.installed >= 0)
        np.add.at(self.pairs, (shown.installed[request, place][:, None], shown.app[request]), 1)
        self.information += float((shown.chance * (1 - shown.chance)).sum())


def estimated(true: Floats, rows: Floats, information: float, variance: float, random: np.random.Generator) -> Floats:
    """The posterior means of effects of mean 0 and a variance, where so many rows tell of each: of their shape."""
    told = rows * information * variance
    share = told / (1 + told)
    return share * true + np.sqrt(share * (1 - share) * variance) * random.standard_normal(true.shape)


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Of the store, on eight days.")
@click.option("--seed", default=1, show_default=True, help="Of the store.")
def main(rows: int, seed: int) -> None:
    """Draws the estimates."""
    size = Size(rows, _DAYS, seed=seed)
    store, random = LiveStore(size), np.random.default_rng(0)
    truth = store.truth
    seen = Seen.none(len(truth.users.since), len(truth.apps.since))
    test: list[Impressions] = []
    for day in range(_DAYS):
        left = rows // SHOWN // _DAYS
        while left > 0:
            came = store.visits(day, min(_BLOCK, left))
            left -= _BLOCK
            shown = store.show(came, rankers.older(truth, came, day, store.random), day)
            if day < _TRAIN:
                seen.add(shown, truth.users.country[shown.user])
            elif day == _DAYS - 1:
                test.append(shown)
    rates = rankers.install_rates(seen.apps, seen.installs)
    least = _auc(test, [rates[shown.app] for shown in test])
    most = _auc(test, [shown.chance for shown in test])
    shares = {
        times: (_auc(test, _scores(store, seen, test, times, size, random)) - least) / (most - least)
        for times in _TIMES
    }
    details: dict[str, Any] = {"rows": {f"{times * rows:,.0f}": round(share, 4) for times, share in shares.items()}}
    details |= {"users": len(seen.users), "apps": len(seen.apps), "popularity": round(least, 4)}
    details["attainable"] = round(most, 4)
    print_figures(
        [Figure("appstore_learnable_share", shares[1.0], "of attainable AUC", None, "popularity = 0", details)]
    )


def _scores(
    store: LiveStore, seen: Seen, test: list[Impressions], times: float, size: Size, random: np.random.Generator
) -> list[Floats]:
    """Of each of the test's rows the sum of the estimated effects, where each train row was seen so many times."""
    truth = store.truth
    information = times * (1 - size.noise) ** 2 * seen.information / seen.apps.sum()
    smooth, exceptions = SCALE**2 * (1 - size.mix), SCALE**2 * size.mix
    every, countries = np.arange(len(seen.apps)), np.arange(len(COUNTRIES))

    def draw(true: NDArray[np.float32], rows: Floats, variance: float, scale: float = 1.0) -> Floats:
        return estimated(true.astype(np.float64) * scale, rows, information, variance, random)

    pairs = draw(
        truth.pair_signs(every[:, None], every), seen.pairs, exceptions * PAIR_VARIANCE, PAIR * exceptions**0.5
    )
    of_country = draw(
        truth.country_signs(countries[:, None], every),
        seen.countries,
        exceptions * COUNTRY_VARIANCE,
        COUNTRY * exceptions**0.5,
    )
    quality = draw(truth.apps.quality, seen.apps, smooth * QUALITY, (smooth * QUALITY) ** 0.5)
    # Of a product each factor is estimated as if the other were known.
    taste_scale = (smooth * TASTE) ** 0.5
    taste = draw(truth.users.taste, seen.users[:, None] * taste_scale**2 / DIMENSIONS, 1.0)
    place = draw(truth.places(_TRAIN - 1), seen.apps[:, None] * taste_scale**2, 1 / DIMENSIONS)
    position = POSITION * np.log(np.arange(1, SHOWN + 1))
    made = []
    for shown in test:
        user, app, installed = shown.user, shown.app, shown.installed[:, None, :]
        # There are some hundreds of these, each of thousands of rows: known.
        parts = truth.part_signs(truth.users.device[user][:, None], app, shown.second[:, None] // 3600)
        made.append(
            np.where(installed >= 0, pairs[installed, app[:, :, None]], 0).sum(axis=2)
            + of_country[truth.users.country[user][:, None], app]
            + exceptions**0.5 * PART * parts
            + quality[app]
            + taste_scale * np.einsum("nd,nkd->nk", taste[user], place[app])
            - position
        )
    return made


def _auc(test: list[Impressions], scores: list[Floats]) -> float:
    """Of the rows, by scores of any range."""
    tally = Attainable()
    for shown, score in zip(test, scores, strict=True):
        tally.add(1 / (1 + np.exp(-score)), shown.taken)
    return tally.auc


if __name__ == "__main__":
    main()
