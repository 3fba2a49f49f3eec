"""The trial: a third of the requests each, drawn by lot, beside rails that rank all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.online import trial as trials
from benchmarks.online.gains import figures
from benchmarks.online.history import logged
from benchmarks.online.tables import online
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import Size
from widedeep.pipeline.datasets.appstore.tables import LABEL
from widedeep.serving.client.ranking import Ranking, best_first


class Client:
    """Ranks by one rule, and counts what it is asked."""

    def __init__(self, sign: int) -> None:
        self.asked, self.sign = 0, sign

    def rank(self, user: Mapping[str, Any], candidates: list[dict[str, Any]], top_k: int) -> Ranking:
        self.asked += 1
        names = [int(candidate["app_id"].removeprefix("app-")) for candidate in candidates]
        return best_first(self.sign * np.array(names, np.float32), 1, top_k)


def test_each_model_answers_a_third_and_rails_all(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"wide": Client(1), "deep": Client(-1), "wide_deep": Client(1)}

    @contextmanager
    def served(models: Mapping[str, Path]) -> Iterator[dict[str, Client]]:
        assert list(models) == list(clients)
        yield clients

    monkeypatch.setattr(trials, "served", served)
    store = LiveStore(Size(5000, trials.DAYS + trials.ONLINE_DAYS))
    rates = np.zeros(len(store.truth.apps.since))
    # Popularity ranks as the first model does.
    rates[:] = np.arange(len(rates))
    said = trials.trial(store, rates, dict.fromkeys(clients, Path()), 1200)
    asked = [client.asked for client in clients.values()]
    # A block of requests need not be a multiple of three.
    assert max(asked) - min(asked) <= 4
    assert {name: shown.impressions for name, shown in said.items()} == {
        **{name: 10 * client.asked for name, client in clients.items()},
        "popularity": 10 * sum(asked),
        "true chance": 10 * sum(asked),
    }
    rate = {name: shown.chance / shown.impressions for name, shown in said.items()}
    assert rate["true chance"] > max(rate[name] for name in clients)
    assert rate["popularity"] == pytest.approx(rate["wide"], rel=0.1)
    for name in clients:
        assert said[name].installs == pytest.approx(said[name].chance, abs=4 * said[name].chance ** 0.5)


def shown(installs: int, chance: float) -> dict[str, float]:
    return {"impressions": 1000, "installs": installs, "chance": chance}


def test_gains_are_those_against_the_wide_model_seed_by_seed() -> None:
    seeds = [
        {
            "auc": {"wide": 0.7, "deep": 0.71, "wide_deep": 0.72, "popularity": 0.65, "true chance": 0.8},
            "shown": {
                "wide": shown(100, 100.0),
                "deep": shown(110, 105.0),
                "wide_deep": shown(120, joint),
                "popularity": shown(0, 90.0),
                "true chance": shown(0, 150.0),
            },
        }
        for joint in (110.0, 120.0)
    ]
    over_wide, over_deep = figures(seeds, {"mix": 0.5})
    assert over_wide.value == pytest.approx(0.15)
    assert over_deep.value == pytest.approx(0.1)
    # Student's t of one degree of freedom at 0.975 is 12.7062; the error of the mean of 0.1 and 0.2 is 0.05.
    assert over_wide.details["rankers"]["wide_deep"]["chance"]["half"] == pytest.approx(12.7062 * 0.05, rel=1e-5)
    [table] = online([over_wide, over_deep])
    assert table.splitlines()[2:] == [
        "| popularity | 0.6500 ± 0.0000 | -10.0% ± 0.0% |  |  |  |",
        "| wide | 0.7000 ± 0.0000 | +0.0% ± 0.0% | +0.0% ± 0.0% | 0.726 | 0.0% |",
        "| deep | 0.7100 ± 0.0000 | +5.0% ± 0.0% | +10.0% ± 0.0% | 0.722 | 2.9% |",
        "| joint | 0.7200 ± 0.0000 | +15.0% ± 63.5% | +20.0% ± 0.0% | 0.728 | 3.9% |",
        "| true chance | 0.8000 ± 0.0000 | +50.0% ± 0.0% |  |  |  |",
    ]
    [of_one_seed] = online(figures(seeds[:1], {"mix": 0.5}))
    assert "| joint | 0.7200 | +10.0% | +20.0% | 0.728 | 3.9% |" in of_one_seed.splitlines()


def test_the_logged_days_are_those_of_the_settings_and_the_rails_know_no_test_day(tmp_path: Path) -> None:
    store = LiveStore(Size(8000, trials.DAYS + trials.ONLINE_DAYS))
    past = logged(store, 8000, tmp_path)
    days = [pq.read_table(folder) for folder in sorted(tmp_path.iterdir())]
    assert [day.num_rows for day in days] == [1000] * trials.DAYS
    assert past.requests == 800
    train = pa.concat_tables(days[:6], promote_options="permissive")
    app, taken = train["app_id"].to_pylist(), train[LABEL].to_numpy()
    [(most_shown, shown)] = Counter(app).most_common(1)
    installed = sum(taken[[name == most_shown for name in app]])
    # Drawn to the mean rate by 20 impressions.
    rate = (installed + 20 * taken.mean()) / (shown + 20)
    assert past.install_rates[int(most_shown.removeprefix("app-"))] == pytest.approx(rate)
    assert past.true_chance.rows == past.popularity.rows == 1000
    assert past.true_chance.installs == sum(days[7][LABEL].to_pylist())
    assert past.true_chance.auc > past.popularity.auc > 0.5
