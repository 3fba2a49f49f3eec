"""Popularity and a logistic regression, against the formula and scikit-learn's own encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from widedeep.components.evaluator.rails.id_columns import IdColumns
from widedeep.components.evaluator.rails.simple_models import Labelled, candidate_key, logistic_regression, popularity
from widedeep.components.evaluator.rails.split_rows import SplitRows
from widedeep.components.features.spec import FeatureSpec


def feature(key: str, kind: str = "categorical", side: str = "candidate", **more: Any) -> dict[str, Any]:
    transform = {"quantile_cdf": {"quantiles": 5}} if kind == "numeric" else {"vocabulary": {}}
    return {"key": key, "kind": kind, "side": side, "transform": transform, "wide": True, **more}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "weight": "w",
        "features": [feature("item"), feature("seen", "set", "context"), feature("price", "numeric")],
    }
)
Write = Callable[[list[dict[str, Any]]], SplitRows]


@pytest.fixture
def rows(tmp_path: Path) -> Write:
    """Rows as ExampleGen leaves them, in two files."""

    def write(examples: list[dict[str, Any]], at_most: int = 1000) -> SplitRows:
        files = [str(tmp_path / f"{number}.gz") for number in range(2)]
        for number, file in enumerate(files):
            with tf.io.TFRecordWriter(file, "GZIP") as writer:
                for values in examples[number::2]:
                    writer.write(_example(values))
        return SplitRows.read(files, at_most)

    return write


def _example(values: dict[str, Any]) -> bytes:
    made = tf.train.Example()
    for key, value in values.items():
        held = made.features.feature[key]
        if isinstance(value, str):
            held.bytes_list.value.append(value.encode())
        elif isinstance(value, list):
            held.bytes_list.value.extend(text.encode() for text in value)
        elif isinstance(value, int):
            held.int64_list.value.append(value)
        else:
            held.float_list.value.append(value)
    return bytes(made.SerializeToString())


def test_rows_are_read_up_to_a_number(rows) -> None:
    every = [{"y": number % 2, "item": str(number)} for number in range(300)]
    whole, some = rows(every, 300), rows(every, 299)
    assert (whole.count, whole.whole) == (300, True)
    assert (some.count, some.whole) == (299, False)
    # Of both files in turn.
    assert rows(every, 130).column("item").values.to_pylist()[64:66] == [b"1", b"3"]


def test_popularity_is_the_smoothed_rate(rows) -> None:
    """Twenty rows at the rate of all come before a candidate's own; an unknown, or none, has that rate."""
    train = Labelled.of(
        SPEC,
        rows(
            [{"y": 1, "w": 2.0, "item": "a"}] * 6
            + [{"y": 0, "w": 1.0, "item": "a"}] * 2
            + [{"y": 0, "w": 1.0, "item": "b"}] * 4
            + [{"y": 0, "w": 2.0}]
        ),
    )
    rate = 12 / 20
    assert train.rate == pytest.approx(rate)
    asked = rows([{"y": 0, "item": "a"}, {"y": 0, "item": "zzz"}, {"y": 0, "item": "b"}, {"y": 0}])
    expected = {b"a": (12 + 20 * rate) / (14 + 20), b"b": 20 * rate / 24}
    scores = popularity("item", train, asked)
    for place, value in enumerate(asked.table["item"].to_pylist()):
        assert scores[place] == pytest.approx(expected.get(value[0] if value else b"", rate)), (place, value)


def test_the_candidate_is_who_has_most_values_of_those_it_must_have(rows) -> None:
    read = rows([{"y": 0, "item": str(n % 3), "shop": str(n), "city": str(n % 7), "user": str(n)} for n in range(50)])

    def chosen(*features: dict[str, Any]) -> str | None:
        return candidate_key(FeatureSpec.model_validate({"label": {"key": "y"}, "features": features}), read)

    user = feature("user", side="context")
    assert chosen(feature("item"), feature("city"), user) == "city"
    assert chosen(feature("item", required=True), feature("city"), user) == "item"
    assert chosen(feature("price", "numeric"), user) is None
    # A column that no row has.
    assert chosen(feature("gone"), user) == "gone"
    none = Labelled.of(FeatureSpec.model_validate({"label": {"key": "y"}, "features": [feature("gone")]}), read)
    assert set(popularity("gone", none, read)) == {0}


def test_columns_are_values_seen_twice_and_parts_of_numbers(rows) -> None:
    train = rows(
        [{"y": 0, "item": "a", "seen": ["x", "z"], "price": float(number)} for number in range(40)]
        + [{"y": 0, "item": "rare", "price": 1.0}]
    )
    columns = IdColumns(SPEC, train)
    # a; x and z; twenty parts of the numbers.
    asked = rows([{"y": 0, "item": "a", "seen": ["z", "new"], "price": -5.0}, {"y": 0, "item": "rare", "price": 99.0}])
    matrix = columns.matrix(asked).toarray()
    assert matrix.shape == (2, 1 + 2 + 20)
    ones = {tuple(np.flatnonzero(row).tolist()) for row in matrix}
    [[a, z, lowest], [highest]] = sorted(ones, key=len, reverse=True)
    assert (a, z in (1, 2), lowest, highest) == (0, True, 3, 22)


def test_numbers_that_are_none_are_in_the_last_part(rows) -> None:
    nan, inf = float("nan"), float("inf")
    train = rows([{"y": 0, "price": value} for value in (1.0, 2.0, nan, inf)])
    price = FeatureSpec.model_validate({"label": {"key": "y"}, "features": [feature("price", "numeric")]})
    matrix = IdColumns(price, train).matrix(train).toarray()
    assert matrix.sum(axis=1).tolist() == [1] * 4
    assert matrix[:, -1].sum() == 3


def test_the_logistic_regression_is_scikit_learns(rows) -> None:
    random = np.random.default_rng(4)
    item = random.integers(0, 12, 600)
    label = (random.random(600) < 0.1 + 0.07 * item).astype(int)
    made = [
        {"y": int(y), "w": 1.0 + (number % 3), "item": f"i{i}"}
        for number, (y, i) in enumerate(zip(label, item, strict=True))
    ]
    train = Labelled.of(SPEC, rows(made))
    names = np.array([value[0] for value in train.rows.table["item"].to_pylist()]).reshape(-1, 1)
    model = LogisticRegression(C=0.3, tol=1e-6).fit(
        OneHotEncoder().fit_transform(names), train.label, sample_weight=train.weight
    )
    expected = model.predict_proba(OneHotEncoder().fit_transform(names))[:, 1]
    # Ours stops earlier, and shrinks the intercept.
    np.testing.assert_allclose(logistic_regression(SPEC, train, train.rows), expected, atol=0.02)
