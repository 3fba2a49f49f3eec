"""Times in features.yaml: the parts that the model reads of them, and how a mistake reads."""

from __future__ import annotations

from typing import Any

import pytest

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.features.feature import Feature
from widedeep.components.features.groups import declaration
from widedeep.components.features.roles import Deep
from widedeep.components.features.spec import FeatureSpec

USER = {"key": "user", "kind": "categorical", "side": "context", "transform": {"vocabulary": {}}, "wide": True}
OUT = {"key": "out", "kind": "time", "side": "candidate", "parts": ["month"], "wide": True}
AGE = {"since": "out", "transform": {"log": {}}, "deep": {}}


def spec(crosses: list[Any] | None = None, **more: Any) -> FeatureSpec:
    time = {"key": "at", "kind": "time", "side": "context", **more}
    written = {"label": {"key": "y"}, "features": [USER, time, OUT], "crosses": crosses or []}
    return declaration(written, "f.yaml")


def test_parts_are_numbers_with_a_bucket_for_each_value() -> None:
    declared = spec(parts=["hour", "weekday", "day", "month"], wide=True, deep={"embedding": 4})
    assert list(declared.inputs) == ["user", "at_hour", "at_weekday", "at_day", "at_month", "out_month"]
    boundaries = {
        key: (part.transform.buckets.boundaries[0], part.transform.buckets.boundaries[-1])
        for key, part in declared.inputs.items()
        if part.transform.buckets
    }
    # 0 to 23, Monday to Sunday, 1 to 31, January to December: the first bucket is that below the first boundary.
    assert boundaries == {
        "at_hour": (1, 23), "at_weekday": (1, 6), "at_day": (2, 31), "at_month": (2, 12), "out_month": (2, 12)
    }  # fmt: skip
    hour = declared.inputs["at_hour"]
    assert (hour.kind, hour.side, hour.wide, hour.deep) == ("numeric", "context", True, Deep(embedding=4))


def test_a_part_may_have_roles_of_its_own() -> None:
    parts = {"hour": {"deep": {"embedding": 8}}, "day": {"wide": False, "transform": {"z_score": {}}, "deep": {}}}
    inputs = spec(parts=parts, wide=True).inputs
    assert (inputs["at_hour"].wide, inputs["at_hour"].deep) == (True, Deep(embedding=8))
    assert (inputs["at_day"].wide, inputs["at_day"].deep, inputs["at_day"].transform.names) == (
        False,
        Deep(),
        {"z_score"},
    )


def test_what_is_made_of_both_sides_is_the_candidates() -> None:
    inputs = spec(parts={"hour": {"wide": True}, "age": AGE}).inputs
    assert (inputs["at_hour"].side, inputs["at_age"].side) == ("context", "candidate")
    # The seconds since another time have roles of their own alone.
    assert spec(parts={"hour": {}, "age": AGE}, wide=True).inputs["at_age"].wide is False


def test_parts_are_crossed() -> None:
    crosses = [{"keys": ["user", "at_hour"], "buckets": 10}]
    assert spec(crosses, parts=["hour"], wide=True).crosses[0].name == "user_x_at_hour"


def test_json_round_trip() -> None:
    declared = spec(parts={"hour": {}, "age": AGE}, wide=True, zone="Europe/Berlin", unit="ms")
    again = features.from_json(features.to_json(declared))
    assert again == declared
    assert again.inputs == declared.inputs


def test_a_time_is_kept_in_two_halves_as_a_64_bit_number() -> None:
    [time] = [feature for feature in spec(parts=["hour"], wide=True).features if feature.key == "at"]
    assert (time.rest, time.is_number) == ("at_rest", True)
    assert isinstance(time, Feature)


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (
            {"parts": ["hours"]},
            "features.at.parts: 'hours' is no part of a time: did you mean 'hour'?; or it is a number of seconds, with "
            "`since` beside it, as hours: {since: OTHER_TIME, transform: {log: {}}, deep: {}}",
        ),
        (
            {"parts": {"hour": {"since": "out"}}},
            "features.at.parts: 'hour' is a part of the calendar: call the seconds since 'out' otherwise",
        ),
        (
            {"parts": {"age": {**AGE, "since": "outt"}}},
            "at_age: since 'outt', which is no other time: did you mean 'out'?",
        ),
        ({"parts": {"age": {**AGE, "since": "user"}}}, "at_age: since 'user', which is no other time: known are: out"),
        ({"parts": {"age": {**AGE, "since": "at"}}}, "at_age: since 'at', which is no other time: known are: out"),
        (
            {"parts": {"age": {"since": "out"}}},
            "features.at: its part 'age': a numeric feature has one of quantile_cdf, z_score, log; or buckets, beside "
            "or alone",
        ),
        (
            {"parts": ["hour"], "deep": {}},
            "features.at: its part 'hour': deep: {} of a numeric feature needs quantile_cdf, z_score or log",
        ),
        ({}, "at: a time has parts, as parts: [hour, weekday], or is the `since` of one"),
        (
            {"parts": ["hour"], "zone": "Europe/Berlni"},
            "features.at.zone: there is no such time zone: did you mean 'Europe/Berlin'?",
        ),
        (
            {"parts": ["hour"], "unit": "min"},
            "features.at.unit: Input should be 's', 'ms', 'us', 'ns', 'yyyymmdd', 'yyyymmddhh', 'yyyymmddhhmm', "
            "'yyyymmddhhmmss', 'yymmdd' or 'yymmddhh' (it is 'min')",
        ),
        (
            {"parts": ["hour"], "transform": {"log": {}}},
            "features.at: a time has no 'transform': its parts have transforms, and it is kept as it is",
        ),
        (
            {"parts": ["hour"], "slice": True},
            "features.at: a time has no 'slice': its parts have transforms, and it is kept as it is",
        ),
        ({"kind": "numeric", "unit": "ms"}, "features.at: 'unit' is that of a time, and this feature is numeric"),
    ],
)
def test_what_is_wrong_with_a_time(declared: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        spec(**declared)
    assert str(caught.value).removeprefix("f.yaml: ").startswith(text)


def test_a_time_itself_is_not_crossed() -> None:
    with pytest.raises(ConfigError, match="cross user_x_at: 'at' is a time: cross its parts: at_hour, at_day"):
        spec([{"keys": ["user", "at"], "buckets": 9}], parts=["hour", "day"], wide=True)
