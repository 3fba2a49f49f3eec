"""The simulated store: a day that an older ranker shows, days that a served model does, and what others would bring."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import Size
from widedeep.pipeline.datasets.appstore.tables import CHANCE, table
from widedeep.pipeline.datasets.appstore.visits import SHOWN, Impressions, Visits, shown_chances
from widedeep.serving.client import RankingClient
from widedeep.serving.request_log import RequestLog

# Requests after which what was installed counts.
_BLOCK = 500
_LEAST_ROWS, _LEAST_DAYS = 100_000, 5
PERFECT, MODEL, POPULAR = "who knows every chance", "the model", "popularity"


class Shop:
    """The store, and the true chances of what each ranker shows.

    Attributes:
        rates: by ranker, the mean of a day's true chances: its installs per impression, without the luck.
    """

    def __init__(self, days: int, requests: int) -> None:
        # Of few users, or of few days on which they may come, one day is unlike the next, and the gate would tell.
        size = Size(max(_LEAST_ROWS, days * requests * SHOWN), max(_LEAST_DAYS, days))
        self._store, self._requests = LiveStore(size), requests
        apps = len(self._store.truth.apps.since)
        self._shown, self._installed = np.zeros(apps, np.int64), np.zeros(apps, np.int64)
        self.rates: dict[str, list[float]] = {POPULAR: [], MODEL: [], PERFECT: []}

    def first_day(self, rows: Path) -> float:
        """An older ranker shows the apps: writes labelled rows, and returns installs per impression."""
        store, tables = self._store, []
        for block, size in enumerate(self._blocks()):
            came = store.visits(0, size)
            shown = store.show(came, rankers.older(store.truth, came, 0, store.random), 0)
            self._count(shown)
            tables.append(table(store.truth.users, store.truth.apps, shown, 0, block * _BLOCK))
        whole = pa.concat_tables(tables).drop_columns([CHANCE])
        # As a request log calls it.
        whole = whole.rename_columns({"request_id": "log_request_id"})
        rows.parent.mkdir(parents=True)
        pq.write_table(whole, rows)
        return float(self._installed.sum() / self._shown.sum())

    def served_day(self, day: int, target: str, log: Path, actions: Path) -> None:
        """A server ranks what is proposed on a day, from 1 on: fills the log's folder and the file of the installs."""
        store, installs = self._store, []
        chances: dict[str, list[float]] = {name: [] for name in self.rates}
        with RequestLog(log) as requests, RankingClient(target, model="appstore", deadline=60, log=requests) as client:
            for block, size in enumerate(self._blocks()):
                came = store.visits(day, size)
                ids = [f"day-{day + 1}-{block * _BLOCK + number}" for number in range(len(came.user))]
                shown = store.show(came, came.free_apps(self._ranked(came, day, ids, client)), day)
                self._rails(came, shown, day, chances)
                self._count(shown)
                request, place = np.nonzero(shown.taken)
                apps = [f"app-{app}" for app in shown.app[request, place]]
                installs += [(ids[number], app, time.time()) for number, app in zip(request, apps, strict=True)]
        for name, of_day in chances.items():
            self.rates[name].append(float(np.mean(of_day)))
        columns = zip(*installs, strict=True)
        pq.write_table(pa.table(dict(zip(("request_id", "app_id", "time"), map(list, columns), strict=True))), actions)

    def _ranked(self, came: Visits, day: int, ids: list[str], client: RankingClient) -> np.ndarray:
        rankings = [
            client.rank(user, candidates, top_k=SHOWN, request_id=request_id)
            for request_id, (user, candidates) in zip(ids, self._store.requests(came, day), strict=True)
        ]
        return np.array([[ranked.index for ranked in ranking.candidates] for ranking in rankings])

    def _rails(self, came: Visits, shown: Impressions, day: int, chances: dict[str, list[float]]) -> None:
        truth = self._store.truth
        rates = rankers.install_rates(self._shown, self._installed)
        orders = {PERFECT: rankers.best_possible(truth, came, day), POPULAR: rankers.popular(rates, came)}
        for name, app in {**orders, MODEL: shown.app}.items():
            chances[name] += shown_chances(truth, came, app, day).ravel().tolist()

    def _count(self, shown: Impressions) -> None:
        np.add.at(self._shown, shown.app, 1)
        np.add.at(self._installed, shown.app[shown.taken], 1)

    def _blocks(self) -> list[int]:
        return [min(_BLOCK, self._requests - done) for done in range(0, self._requests, _BLOCK)]
