"""The app store's shares and leads, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.pipelines import appstore
from benchmarks.pipelines.appstore import adapted, figures, popularity_auc
from widedeep.pipeline.datasets.appstore.attainable import Attainable


def rows(*apps: tuple[str, int]) -> pa.Table:
    names = pa.array([name for name, _ in apps]).dictionary_encode()
    return pa.table({"app_id": names, "installed": pa.array([taken for _, taken in apps], pa.int8())})


def test_popularity_is_the_rate_of_the_train_days() -> None:
    days = [rows(*[("a", 1)] * 6, *[("b", 0)] * 5), rows(("b", 1), ("c", 0), *[("a", 0)] * 4)]
    # a: 6 of 10, b: 1 of 6, c: 0 of 1, and d, of which nothing is known, the mean, 7 of 17.
    test = rows(("a", 1), ("b", 0), ("c", 1), ("d", 0))
    # a is above b and d; c is below d, and with its one row above b.
    assert popularity_auc(days, test) == pytest.approx(3 / 4)


def test_shares_are_those_of_the_way_from_popularity_to_the_truth() -> None:
    attainable = Attainable(rows=10, installs=4, loss=3.0)
    # Of 4 * 6 pairs 21.6 are in order.
    attainable.by_chance[0][[1, 2]] = [5, 1]
    attainable.by_chance[1][[2, 3]] = [1, 3]
    assert attainable.auc == pytest.approx((5.5 + 3 * 6) / 24)
    models = [
        {"model": "wide", "auc": 0.8, "auc_sd": 0.003, "logloss": 0.4},
        {"model": "deep", "auc": 0.79, "auc_sd": 0.001, "logloss": 0.4},
        {"model": "wide_deep", "auc": 0.85, "auc_sd": 0.004, "logloss": 0.35},
    ]
    lead, share = figures(models, 0.6, attainable, {"rows": 10})
    assert lead.value == pytest.approx(0.05 / 0.005)
    assert share.value == pytest.approx((0.85 - 0.6) / (23.5 / 24 - 0.6))
    assert share.details["logloss_at_least"] == pytest.approx(0.3)


def test_settings_are_adapted_to_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text("training: {wide: {l1: 40}, deep: {schedule: {decay: linear, decay_steps: 8800}}}")
    monkeypatch.setattr(appstore, "SETTINGS", path)
    assert adapted(1_000_000) == ["training.wide.l1=40", "training.deep.schedule.decay_steps=8800"]
    assert adapted(250_000) == ["training.wide.l1=20", "training.deep.schedule.decay_steps=2200"]
