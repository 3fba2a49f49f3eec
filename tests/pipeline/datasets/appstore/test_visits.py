"""What users have, what is proposed to them, and in which order they are shown it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.installed import InstalledApps
from widedeep.pipeline.datasets.appstore.population import Integers
from widedeep.pipeline.datasets.appstore.store import Size, truth
from widedeep.pipeline.datasets.appstore.truth import MOST_INSTALLED
from widedeep.pipeline.datasets.appstore.visits import SHOWN, Impressions, Visits, answers, shown_chances, visits

STORE = truth(Size(5000, 10, seed=2))
PART = np.arange(0, len(STORE.users.since), 2)


def fresh() -> InstalledApps:
    return InstalledApps(STORE.users.part(2, 0), STORE.apps, np.random.default_rng(0))


def impressions(installed: Integers, day: int, requests: int) -> Impressions:
    random = np.random.default_rng(1)
    came = visits(STORE, PART, installed, day, requests, random)
    return answers(STORE, came, rankers.older(STORE, came, day, random), day, random)


installs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=60)


@settings(max_examples=60)
@given(st.lists(installs, max_size=3))
def test_a_user_has_what_was_installed_last(days: list[list[tuple[int, int]]]) -> None:
    installed = fresh()
    wanted = [[app for app in row.tolist() if app >= 0] for row in installed.apps[:3]]
    for day in days:
        # What the user had in the morning, or has installed already, is no news.
        had = [list(apps[-MOST_INSTALLED:]) for apps in wanted]
        new: list[list[int]] = [[], [], []]
        for user, app in day:
            if app not in had[user] and app not in new[user]:
                new[user].append(app)
        wanted = [apps + more for apps, more in zip(wanted, new, strict=True)]
        installed.add(*np.array(day, int).reshape(-1, 2).T)
    for row, apps in zip(installed.apps, wanted, strict=False):
        assert sorted(row[row >= 0]) == sorted(apps[-MOST_INSTALLED:])


def test_at_first_everybody_has_some_apps_once() -> None:
    for row in fresh().apps:
        apps = row[row >= 0].tolist()
        assert len(set(apps)) == len(apps) <= 12
    assert np.mean((fresh().apps >= 0).sum(axis=1)) > 3


def test_users_are_shown_apps_that_they_lack_in_the_order_of_time() -> None:
    installed = fresh().apps
    shown = impressions(installed, 3, 400)
    assert shown.app.shape == shown.chance.shape == shown.taken.shape == (400, SHOWN)
    assert (np.diff(shown.second) >= 0).all()
    assert set(shown.user) <= set(PART)
    assert (STORE.users.since[shown.user] <= 3).all()
    assert (STORE.apps.since[shown.app] <= 3).all()
    for row, apps in zip(shown.installed, shown.app, strict=True):
        assert len(set(apps)) == SHOWN
        assert not set(apps) & set(row)
    np.testing.assert_array_equal(shown.installed, installed[np.searchsorted(PART, shown.user)])


def test_who_has_what_is_popular_is_shown_the_rest() -> None:
    most_popular = np.argsort(-STORE.apps.popularity)[:MOST_INSTALLED].astype(np.int32)
    shown = impressions(np.tile(most_popular, (len(PART), 1)), 9, 400)
    assert all(len(set(apps)) == SHOWN for apps in shown.app)
    assert not set(shown.app.ravel()) & set(most_popular)


def test_the_older_ranker_puts_first_what_is_taken_more_often() -> None:
    shown = impressions(fresh().apps, 0, 4000)
    by_position = shown.chance.mean(axis=0)
    assert by_position[0] > 1.5 * by_position[-1]
    # The labels are drawn by the chances.
    deviation = np.sqrt((shown.chance * (1 - shown.chance)).sum())
    assert abs(shown.taken.sum() - shown.chance.sum()) < 4 * deviation


def test_the_rails_are_above_and_below_the_older_ranker() -> None:
    random = np.random.default_rng(1)
    came = visits(STORE, PART, fresh().apps, 3, 2000, random)
    orders = {
        "perfect": rankers.best_possible(STORE, came, 3),
        "older": rankers.older(STORE, came, 3, random),
        # A ranker that knows nothing: all apps have had the same.
        "nothing": rankers.popular(np.zeros(len(STORE.apps.since)), came),
    }
    means = {name: shown_chances(STORE, came, app, 3).mean() for name, app in orders.items()}
    assert means["perfect"] > means["older"] > means["nothing"]
    # Without the places on the page, the chances of the best order fall.
    unplaced = STORE.chances(
        came.user, orders["perfect"], came.installed, np.ones_like(orders["perfect"]), 3, came.second // 3600
    )
    assert (np.diff(unplaced, axis=1) <= 0).all()


def test_rates_of_installs_are_drawn_to_the_mean() -> None:
    # 6 of 10, 1 of 6, none of none; the mean is 7 of 16.
    rates = rankers.install_rates(np.array([10, 6, 0]), np.array([6, 1, 0]))
    np.testing.assert_allclose(rates, [(6 + 20 * 7 / 16) / 30, (1 + 20 * 7 / 16) / 26, 7 / 16])


def test_places_count_among_the_free_apps() -> None:
    came = Visits(
        user=np.array([0]),
        second=np.array([0], np.int32),
        installed=np.full((1, MOST_INSTALLED), -1, np.int32),
        proposed=np.array([[7, 7, 9, 12, 13]]),
        free=np.array([[True, False, True, False, True]]),
    )
    assert came.free_apps(np.array([[2, 0, 1]])).tolist() == [[13, 7, 9]]
