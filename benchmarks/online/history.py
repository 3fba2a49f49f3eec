"""The days before the trial: an older ranker shows apps, and the pipeline trains on what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.harness import subprocesses
from benchmarks.pipelines.appstore import SETTINGS, adapted
from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.attainable import Attainable
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import day_folder
from widedeep.pipeline.datasets.appstore.tables import table
from widedeep.pipeline.datasets.appstore.visits import SHOWN

# As schema/appstore/pipeline.yaml splits them.
DAYS = 8
# Whatever it is worth, and however busy the machine, each is pushed: none is held against the one before it.
_SETTINGS_OF_ALL = (
    "evaluation={bounds: {auc: {at_least: 0.1}}, beat_base_rate: false, rails: false, importance: false}",
    "dry_run.p99_ms=10000",
)


@dataclass(frozen=True)
class History:
    """What the days have left.

    Attributes:
        requests: that were answered.
        install_rates: float64 [apps], of the days that models train on.
        popularity: the test day's, by those rates.
        true_chance: the test day's, by the chances.
    """

    requests: int
    install_rates: NDArray[np.float64]
    popularity: Attainable
    true_chance: Attainable


def logged(store: LiveStore, rows: int, data: Path) -> History:
    """Writes the days' impressions as `widedeep data appstore` does."""
    requests, first = rows // SHOWN // DAYS, 0
    shown_of, installed_of = (np.zeros(len(store.truth.apps.since), np.int64) for _ in range(2))
    for day in range(DAYS):
        came = store.visits(day, requests)
        shown = store.show(came, rankers.older(store.truth, came, day, store.random), day)
        folder = day_folder(data, day)
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(store.truth.users, store.truth.apps, shown, day, first), folder / "part-00.parquet")
        first += len(came.user)
        if day < DAYS - 2:
            np.add.at(shown_of, shown.app, 1)
            np.add.at(installed_of, shown.app[shown.taken], 1)
    history = History(first, rankers.install_rates(shown_of, installed_of), Attainable(), Attainable())
    history.popularity.add(history.install_rates[shown.app], shown.taken)
    history.true_chance.add(shown.chance, shown.taken)
    return history


def trained(model: str, seed: int, folder: Path, rows: int) -> dict[str, Any]:
    """The run's record: the pipeline on `folder`/data with one of the models; data steps are taken from the cache."""
    out = folder / f"{model}.json"
    if out.exists():
        done: dict[str, Any] = json.loads(out.read_text())
        return done
    settings = [f"data.path={folder / 'data'}", *adapted(rows), *_SETTINGS_OF_ALL]
    settings += [f"training.model={model}", f"training.seed={seed}"]
    flags = [word for setting in settings for word in ("--set", setting)]
    subprocesses.run(
        "widedeep.pipeline.cli",
        "run",
        SETTINGS,
        "--workdir",
        folder / "work",
        "--json",
        out,
        *flags,
        log=folder / f"{model}.log",
    )
    record: dict[str, Any] = json.loads(out.read_text())
    return record
