"""YAML's values: by the table of YAML 1.2.2, section 10.3.2."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict, parse
from widedeep.components.common.yaml_text import from_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("-007", -7),
        ("+1", 1),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("2024-02-01", "2024-02-01"),
        ("2024-02-01 10:00:00", "2024-02-01 10:00:00"),
        ("2024-13-45", "2024-13-45"),
        *((word, word) for word in ("yes", "Yes", "no", "NO", "on", "off", "y", "n", "tRUE", "nULL", "=", "1e", ".")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("'010'", "010"),
        ("!!str 010", "010"),
        ("!!int 010", 10),
        ("{a: no, b: [1:30, 010]}", {"a": "no", "b": ["1:30", 10]}),
    ],
)
def test_a_value_is_what_yaml_1_2_says(text: str, value: Any) -> None:
    read = from_yaml(text)
    assert read == value
    assert isinstance(read, type(value))


def test_no_number() -> None:
    assert math.isnan(from_yaml(".nan"))
    for text in ("!!int yes", "!!float x", "!!bool yes"):
        with pytest.raises(yaml.YAMLError, match="is no"):
            from_yaml(text)


@given(st.integers(), st.integers(0, 5))
def test_zeros_before_a_number_change_nothing(number: int, zeros: int) -> None:
    sign = "-" if number < 0 else ""
    text = f"{sign}{'0' * zeros}{abs(number)}"
    assert from_yaml(text) == number
    assert str(from_yaml(text)) == text


@given(st.text("0123456789_:-+.eExXobntrufalsyNO ", max_size=12))
def test_no_text_is_an_error_or_another_kind_of_value(text: str) -> None:
    try:
        value = from_yaml(text)
    except yaml.YAMLError:
        return
    assert value is None or isinstance(value, bool | int | float | str | dict | list)
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert str(value) == text.strip()


class Settings(Strict):
    tag: str = ""
    size: int = Field(1, ge=1)
    rate: float | None = None
    flag: bool = False
    names: tuple[str, ...] = ()


def settings(text: str) -> Settings:
    return parse(Settings, from_yaml(text), "s.yaml")


def test_where_a_text_is_wanted_a_number_is_what_was_written() -> None:
    assert settings("tag: 1.10").tag == "1.10"
    assert settings("tag: 010").tag == "010"
    assert settings("names: [2024, x, 1e3]").names == ("2024", "x", "1e3")


def test_where_a_number_is_wanted_it_is_a_plain_one() -> None:
    assert type(settings("size: 010").size) is int
    assert settings("size: 010").size == 10
    assert settings("size: 1_000").size == 1000
    assert type(settings("rate: 1").rate) is float


def test_true_is_no_number_and_yes_is_true_where_truth_is_wanted() -> None:
    for text, wrong in (("size: true", "'size' is true"), ("rate: false", "'rate' is false")):
        with pytest.raises(ConfigError) as caught:
            settings(text)
        assert str(caught.value) == f"s.yaml: {wrong}, and a number is needed"
    assert settings("flag: yes").flag is True
    assert settings("flag: off").flag is False
