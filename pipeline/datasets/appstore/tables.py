"""Impressions as rows: what a store would log, the label, and the chance that no model may see."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from widedeep.pipeline.datasets.appstore.impressions import Impressions
from widedeep.pipeline.datasets.appstore.population import (
    CATEGORIES,
    COUNTRIES,
    DEVICES,
    LANGUAGES,
    Apps,
    Users,
)

LABEL, CHANCE = "installed", "true_chance"
# 2026-01-01, 00:00 UTC: the store's first day, a Thursday.
FIRST_SECOND, DAY_SECONDS = 1_767_225_600, 86_400
GENDERS = ("female", "male")


def table(users: Users, apps: Apps, shown: Impressions, day: int, first_request: int) -> pa.Table:
    """A row for each app that was shown.

    Args:
        users: all.
        apps: all.
        shown: the day's.
        day: from 0.
        first_request: number of the first request.
    """
    requests, each = shown.app.shape
    app, user = shown.app.ravel(), np.repeat(shown.user, each)
    names = app_names(len(apps.since))

    def of_request(values: npt.NDArray[np.generic]) -> pa.Array:
        return pa.array(np.repeat(values, each))

    def word(indices: npt.NDArray[np.integer], words: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32)), pa.array(words))

    return pa.table(
        {
            "request_id": of_request(first_request + np.arange(requests, dtype=np.int64)),
            "timestamp": of_request(FIRST_SECOND + DAY_SECONDS * day + shown.second.astype(np.int64)),
            "user_id": pa.array(user.astype(np.int32)).cast(pa.string()),
            "age": pa.array(users.age[user]),
            "gender": word(users.gender[user], GENDERS),
            "country": word(users.country[user], COUNTRIES),
            "language": word(users.language[user], LANGUAGES),
            "device": word(users.device[user], DEVICES),
            "hour": of_request(shown.second // 3600),
            "user_apps": _sets(shown.installed, each, names),
            "app_id": pa.DictionaryArray.from_arrays(pa.array(app), names),
            "category": word(apps.category[app], CATEGORIES),
            "developer": word(apps.developer[app], developer_names(int(apps.developer.max()) + 1)),
            "app_age_days": pa.array(day - apps.since[app]),
            "price": pa.array(apps.price[app]),
            "position": pa.array(np.tile(np.arange(1, each + 1, dtype=np.int32), requests)),
            LABEL: pa.array(shown.taken.ravel().astype(np.int8)),
            CHANCE: pa.array(shown.chance.ravel()),
        }
    )


@functools.cache
def app_names(number: int) -> pa.Array:
    """What the apps are called."""
    return pa.array([f"app-{index}" for index in range(number)])


@functools.cache
def developer_names(number: int) -> tuple[str, ...]:
    """What the developers are called."""
    return tuple(f"developer-{index}" for index in range(number))


def _sets(installed: npt.NDArray[np.int32], each: int, names: pa.Array) -> pa.Array:
    """The sets of the requests, each repeated."""
    repeated = np.repeat(installed, each, axis=0)
    present = repeated >= 0
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    members = pa.DictionaryArray.from_arrays(pa.array(repeated[present]), names)
    return pa.ListArray.from_arrays(pa.array(offsets), members)
