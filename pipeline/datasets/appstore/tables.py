"""Impressions as rows: what a store would log, the label, and the chance that no model may see."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from widedeep.components.ingest.parquet_files.barred import with_barred
from widedeep.pipeline.datasets.appstore.population import (
    CATEGORIES,
    COUNTRIES,
    DEVICES,
    LANGUAGES,
    Apps,
    Integers,
    Users,
)
from widedeep.pipeline.datasets.appstore.truth import Indices
from widedeep.pipeline.datasets.appstore.visits import Impressions

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
    number = pa.array(np.repeat(first_request + np.arange(requests, dtype=np.int64), each))
    moment = pa.array(np.repeat(FIRST_SECOND + DAY_SECONDS * day + shown.second.astype(np.int64), each))
    context = context_columns(users, shown.user, shown.second, shown.installed, len(apps.since), each)
    candidates = candidate_columns(apps, shown.app.ravel(), day)
    rows = pa.table(
        {
            "request_id": number,
            "timestamp": moment,
            **dict(zip(context.column_names, context.columns, strict=True)),
            **dict(zip(candidates.column_names, candidates.columns, strict=True)),
            "position": pa.array(np.tile(np.arange(1, each + 1, dtype=np.int32), requests)),
            LABEL: pa.array(shown.taken.ravel().astype(np.int8)),
            CHANCE: pa.array(shown.chance.ravel()),
        }
    )
    return rows.cast(with_barred(rows.schema, [CHANCE]))


def context_columns(
    users: Users, user: Indices, second: Integers, installed: Integers, apps: int, each: int = 1
) -> pa.Table:
    """What is known of users [n] and the moments [n] at which they come, each row so many times.

    Args:
        users: all.
        user: indices.
        second: of the day.
        installed: [n, MOST_INSTALLED], indices of the apps that they have.
        apps: how many there are.
        each: rows of a request.
    """
    who = np.repeat(user, each)
    return pa.table(
        {
            "user_id": pa.array(who.astype(np.int32)).cast(pa.string()),
            "age": pa.array(users.age[who]),
            "gender": _word(users.gender[who], GENDERS),
            "country": _word(users.country[who], COUNTRIES),
            "language": _word(users.language[who], LANGUAGES),
            "device": _word(users.device[who], DEVICES),
            "hour": pa.array(np.repeat(second // 3600, each)),
            "user_apps": _sets(installed, each, app_names(apps)),
        }
    )


def candidate_columns(apps: Apps, app: Indices, day: int) -> pa.Table:
    """What is known of apps [n], by their indices, on a day."""
    return pa.table(
        {
            "app_id": pa.DictionaryArray.from_arrays(pa.array(app.astype(np.int32)), app_names(len(apps.since))),
            "category": _word(apps.category[app], CATEGORIES),
            "developer": _word(apps.developer[app], developer_names(int(apps.developer.max()) + 1)),
            "app_age_days": pa.array(day - apps.since[app]),
            "price": pa.array(apps.price[app]),
        }
    )


def _word(indices: npt.NDArray[np.integer], words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32)), pa.array(words))


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
