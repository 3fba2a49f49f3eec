"""The user and the candidates as tensors."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.serving import tensors
from widedeep.serving.client import candidate_columns
from widedeep.serving.client.candidate_columns import arrays, split
from widedeep.serving.client.errors import FeatureError, ModelError, UnknownFeatureError
from widedeep.serving.client.ranking import RankedCandidate, best_first
from widedeep.serving.client.signature import Feature, Metadata, Shape, Signature, features

FEATURES = {
    feature.name: feature
    for feature in [
        Feature("age", "user", "number", required=False),
        Feature("city", "user", "text", required=False),
        Feature("history", "user", "set", required=False),
        Feature("movie", "candidate", "text", required=True),
        Feature("year", "candidate", "number", required=False),
        Feature("genres", "candidate", "set", required=False),
    ]
}


def same(array: Any, dtype: Any, values: Any) -> bool:
    """Whether an array has this type, and these values; NaN is equal to itself."""
    expected = np.array(values, dtype)
    return bool(array.dtype == expected.dtype and np.array_equal(array, expected, equal_nan=expected.dtype.kind == "f"))


def test_values_become_tensors_of_one_request() -> None:
    tensors = arrays(
        FEATURES,
        {"age": 42, "city": "Z\N{LATIN SMALL LETTER U WITH DIAERESIS}rich", "history": ("a", "b", "")},
        [
            {"movie": "m1", "year": 1990.5, "genres": ["x"]},
            {"movie": 50, "year": np.float32(3), "genres": {"y"}},
            {"movie": np.int64(7), "genres": np.array(["x", "y", "z"])},
        ],
    )
    assert list(tensors) == ["age", "city", "history", "movie", "year", "genres"]
    assert same(tensors["age"], np.float32, [42])
    assert same(tensors["city"], object, [b"Z\xc3\xbcrich"])
    assert same(tensors["history"], object, [[b"a", b"b"]])
    assert same(tensors["movie"], object, [[b"m1", b"50", b"7"]])
    assert same(tensors["year"], np.float32, [[1990.5, 3, math.nan]])
    assert same(tensors["genres"], object, [[[b"x", b"", b""], [b"y", b"", b""], [b"x", b"y", b"z"]]])


def test_what_is_missing_has_a_value_of_its_own() -> None:
    tensors = arrays(FEATURES, {"age": None}, [{"movie": "m"}, {"movie": "n", "year": None, "genres": []}])
    assert same(tensors["age"], np.float32, [math.nan])
    assert same(tensors["city"], object, [b""])
    assert same(tensors["history"], object, [[b""]])
    assert same(tensors["year"], np.float32, [[math.nan, math.nan]])
    assert same(tensors["genres"], object, [[[b""], [b""]]])


@pytest.mark.parametrize(
    ("value", "expected"), [(True, b"true"), (np.False_, b"false"), (-3, b"-3"), (np.str_("a"), b"a")]
)
def test_categories_are_text_as_in_training(value: Any, expected: bytes) -> None:
    assert same(arrays(FEATURES, {"city": value}, [{"movie": "m"}])["city"], object, [expected])


_ANY_TEXT = st.one_of(st.text(max_size=2), st.just("\ud800"))
_ODD = st.sampled_from([None, True, np.int64(3), np.float32(0.5), b"b", {"a"}, {}, 10**400, 1e39, math.nan, math.inf])
_ANY_VALUE = {
    "text": st.one_of(_ANY_TEXT, st.integers()),
    "number": st.one_of(st.floats(), st.integers()),
    "set": st.lists(st.one_of(_ANY_TEXT, st.integers(0, 3)), max_size=3).flatmap(
        lambda members: st.sampled_from([members, tuple(members)])
    ),
}


@given(data=st.data(), kind=st.sampled_from(sorted(_ANY_VALUE)), required=st.booleans(), bits=st.sampled_from([32, 64]))
def test_many_values_at_once_are_taken_as_each_alone(data: Any, kind: Any, required: bool, bits: int) -> None:
    usual = data.draw(st.lists(_ANY_VALUE[kind], min_size=1, max_size=4))
    values = [*usual, *data.draw(st.lists(_ODD, max_size=1))]
    feature = Feature("x", "candidate", kind, required, bits)

    def taken() -> Any:
        try:
            return arrays({"x": feature}, {}, [{"x": value} for value in values])["x"]
        except FeatureError as error:
            return str(error)

    at_once = taken()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidate_columns, "_at_once", lambda *_: None)
        alone = taken()
    assert at_once == alone if isinstance(alone, str) else same(at_once, alone.dtype, alone)


TEXT, NUMBER, SET = "text or a whole number", "a finite number of 32 bits", "a list of texts"


@pytest.mark.parametrize(
    ("user", "candidate", "message"),
    [
        ({"age": "old"}, {}, f"user: 'age' is 'old', but {NUMBER} is needed."),
        ({"age": math.inf}, {}, f"user: 'age' is inf, but {NUMBER} is needed."),
        ({"age": 10**400}, {}, f"user: 'age' is 1{'0' * 59}... (401 characters), but {NUMBER} is needed."),
        ({"city": 1.0}, {}, f"user: 'city' is 1.0, but {TEXT} is needed."),
        ({"city": ["a"]}, {}, f"user: 'city' is ['a'], but {TEXT} is needed."),
        ({"city": "\ud800"}, {}, f"user: 'city' is '\\ud800', but {TEXT} is needed."),
        ({"history": "abc"}, {}, f"user: 'history' is 'abc', but {SET} is needed."),
        ({"history": [None]}, {}, f"user: 'history' is [None], but {SET} is needed."),
        ({"history": 5}, {}, f"user: 'history' is 5, but {SET} is needed."),
        ({}, {"year": "1990"}, f"candidate 1: 'year' is '1990', but {NUMBER} is needed."),
        ({}, {"genres": {"a": 1}}, f"candidate 1: 'genres' is {{'a': 1}}, but {SET} is needed."),
        ({}, {"movie": None}, "candidate 1: 'movie' is missing, and the model needs it."),
        ({}, {"movie": ""}, "candidate 1: 'movie' is missing, and the model needs it."),
    ],
)
def test_a_value_of_the_wrong_type_is_named(user: Any, candidate: Any, message: str) -> None:
    with pytest.raises(FeatureError) as caught:
        arrays(FEATURES, user, [{"movie": "m"}, {"movie": "n", **candidate}])
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [None, math.nan])
def test_a_number_that_is_needed_may_not_be_missing(value: Any) -> None:
    needed = {"year": Feature("year", "candidate", "number", required=True)}
    with pytest.raises(FeatureError, match="candidate 0: 'year' is missing, and the model needs it"):
        arrays(needed, {}, [{"year": value}])


@pytest.mark.parametrize("empty", [{}, {"year": math.nan, "movie": "", "genres": [""]}])
def test_a_candidate_of_nothing_is_refused(empty: Any) -> None:
    optional = {
        name: dataclasses.replace(feature, required=False)
        for name, feature in FEATURES.items()
        if feature.side == "candidate"
    }
    some = [{"year": 1}, {"movie": "m"}, {"genres": ["g"]}]
    assert arrays(optional, {}, some)["year"].shape == (1, 3)
    with pytest.raises(FeatureError, match="candidate 3: has no value of any feature"):
        arrays(optional, {}, [*some, empty])


@pytest.mark.parametrize(
    ("user", "candidate", "message"),
    [
        ({"agee": 1}, {}, "user: 'agee' is no feature of the model: did you mean 'age'?"),
        ({"zzz": 1}, {}, "user: 'zzz' is no feature of the model: known are: age, city, history"),
        ({"movie": "m"}, {}, "user: 'movie' is a feature of each candidate: give it there."),
        ({}, {"age": 1}, "candidate 1: 'age' is a feature of the user: give it there."),
        ({}, {"genre": []}, "candidate 1: 'genre' is no feature of the model: did you mean 'genres'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(user: Any, candidate: Any, message: str) -> None:
    with pytest.raises(UnknownFeatureError) as caught:
        arrays(FEATURES, user, [{"movie": "m"}, {"movie": "n", **candidate}])
    assert str(caught.value) == message


@given(st.integers(1, 60), st.integers(1, 12))
def test_parts_put_together_are_the_whole(count: int, parts: int) -> None:
    candidates = [{"movie": str(number), "genres": ["g"] * (number % 4)} for number in range(count)]
    whole = arrays(FEATURES, {"age": 1}, candidates)
    cut = split(whole, FEATURES, parts)
    sizes = [part.candidates for part in cut]
    assert len(cut) == min(parts, count)
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1
    for name, array in whole.items():
        given = [part.tensors[name] for part in cut]
        if FEATURES[name].side == "user":
            assert all(part is array for part in given)
        else:
            assert [part.shape[1] for part in given] == sizes
            np.testing.assert_array_equal(np.concatenate(given, axis=1), array)


def test_the_papers_split() -> None:
    whole = arrays(FEATURES, {}, [{"movie": str(number)} for number in range(200)])
    assert [part.candidates for part in split(whole, FEATURES, 4)] == [50, 50, 50, 50]


def test_best_first_with_ties_in_order_and_no_number_last() -> None:
    scores = np.array([0.5, math.nan, 0.25, 0.75, 0.5], np.float32)
    ranking = best_first(scores, 3, None)
    assert [candidate.index for candidate in ranking.candidates] == [3, 0, 4, 2, 1]
    assert ranking.candidates[:2] == (RankedCandidate(3, 0.75), RankedCandidate(0, 0.5))
    assert ranking.version == 3
    assert [candidate.index for candidate in best_first(scores, None, 2).candidates] == [3, 0]


RAW = Signature(
    {"age": Shape(tensors.FLOAT, 1), "history": Shape(tensors.STRING, 2), "genres": Shape(tensors.STRING, 2)}
    | {name: Shape(tensors.STRING, 1) for name in ("city", "movie")},
    frozenset(),
)
RANK = Signature(
    {
        "age": Shape(tensors.FLOAT, 1),
        "city": Shape(tensors.STRING, 1),
        # A user's set and a candidate's text have as many dimensions.
        "history": Shape(tensors.STRING, 2),
        "movie": Shape(tensors.STRING, 2),
        "genres": Shape(tensors.STRING, 3),
        "top_k": Shape(tensors.INT32, 1),
    },
    frozenset({"age", "city", "history", "genres", "top_k"}),
)


def test_metadata_tell_sides_kinds_and_what_is_needed() -> None:
    known = features(Metadata({"rank": RANK, "predict_raw": RAW}, 1), "here")
    expected = {name: feature for name, feature in FEATURES.items() if name != "year"}
    assert known == expected


def test_a_double_is_sent_as_one() -> None:
    raw = RAW._replace(inputs={**RAW.inputs, "age": Shape(tensors.DOUBLE, 1)})
    rank = RANK._replace(inputs={**RANK.inputs, "age": Shape(tensors.DOUBLE, 1)})
    known = features(Metadata({"rank": rank, "predict_raw": raw}, 1), "here")
    assert known["age"] == Feature("age", "user", "number", required=False, bits=64)
    sent = arrays(known, {"age": 1_700_000_000_123}, [{"movie": "m"}])
    assert same(sent["age"], np.float64, [1_700_000_000_123])


def test_without_defaults_nothing_is_needed() -> None:
    known = features(Metadata({"rank": RANK._replace(defaults=frozenset()), "predict_raw": RAW}, 1), "here")
    assert not any(feature.required for feature in known.values())


def _with(name: str, shape: Shape) -> dict[str, Signature]:
    return {"rank": RANK._replace(inputs={**RANK.inputs, name: shape}), "predict_raw": RAW}


NOT_FILLED = "dimensions, is none that this client can fill. Is it a model of this pipeline?"


@pytest.mark.parametrize(
    ("signatures", "message"),
    [
        (
            {"serving_default": RAW},
            "here: has no signature 'rank', but serving_default. "
            "Is it a model of this pipeline, and not one of classes?",
        ),
        (
            {"rank": RANK},
            "here: has no signature 'predict_raw', but rank. Is it a model of this pipeline, and not one of classes?",
        ),
        (_with("age", Shape(9, 1)), f"here: the input 'age' of its signature 'rank', of type 9 with 1 {NOT_FILLED}"),
        (_with("age", Shape(1, 3)), f"here: the input 'age' of its signature 'rank', of type 1 with 3 {NOT_FILLED}"),
        (
            _with("age", Shape(1, None)),
            f"here: the input 'age' of its signature 'rank', of type 1 with None {NOT_FILLED}",
        ),
        (_with("new", Shape(1, 1)), f"here: the input 'new' of its signature 'rank', of type 1 with 1 {NOT_FILLED}"),
        (
            {"rank": Signature({"age": Shape(1, 1)}, frozenset()), "predict_raw": RAW},
            "here: its signature 'rank' has no feature of candidates, so that all are the same to it.",
        ),
    ],
)
def test_a_model_of_another_make_is_refused(signatures: dict[str, Signature], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        features(Metadata(signatures, 1), "here")
    assert str(caught.value) == message
