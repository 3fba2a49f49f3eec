"""A store that runs on: what a server is asked, and what users have then."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from widedeep.components import features
from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import Size
from widedeep.pipeline.datasets.appstore.tables import table
from widedeep.pipeline.datasets.appstore.visits import SHOWN

ROOT = Path(__file__).resolve().parents[4]
SIZE = Size(5000, 3, seed=2)


def test_a_request_says_what_the_row_of_its_impression_will() -> None:
    store = LiveStore(SIZE)
    came = store.visits(1, 50)
    order = rankers.best_possible(store.truth, came, 1)
    rows = table(store.truth.users, store.truth.apps, store.show(came, order, 1), 1, 0).to_pylist()
    spec = features.load(ROOT / "schema" / "appstore" / "features.yaml")
    of_user = {feature.key for feature in spec.features if feature.side == "context"}
    asked = store.requests(came, 1)
    assert len(asked) == len(came.user) > 40
    for number, (user, candidates) in enumerate(asked):
        assert set(user) == of_user
        assert all(set(user) | set(candidate) == {feature.key for feature in spec.features} for candidate in candidates)
        by_app = {candidate["app_id"]: candidate for candidate in candidates}
        assert len(by_app) == len(candidates) >= SHOWN
        for place, row in enumerate(rows[number * SHOWN : (number + 1) * SHOWN], start=1):
            assert row["position"] == place
            said = user | by_app[row["app_id"]] | {"position": place}
            assert {key: row[key] for key in said} == said


def test_what_is_installed_is_the_user_s_from_then_on() -> None:
    store = LiveStore(SIZE)
    came = store.visits(0, 300)
    shown = store.show(came, rankers.best_possible(store.truth, came, 0), 0)
    later = store.visits(0, 300)
    has = {user: set(apps.tolist()) for user, apps in zip(later.user.tolist(), later.installed, strict=True)}
    request, place = np.nonzero(shown.taken)
    pairs = zip(shown.user[request].tolist(), shown.app[request, place].tolist(), strict=True)
    seen = [app in has[user] for user, app in pairs if user in has]
    assert len(seen) > 20
    # Of a user who installs more than twenty in between, the first are gone.
    assert np.mean(seen) > 0.9
