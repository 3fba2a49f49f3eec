"""Which values are one, written twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.content.spelling import normal_form, spelt_otherwise


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("24.0", "24"),
        ("24.", "24"),
        ("-24.00", "-24"),
        ("007", "7"),
        ("+7", "7"),
        ("user_007", "user_7"),
        ("DRAMA", "drama"),
        (" drama", "drama"),
        ("drama\t", "drama"),
        ("sci  fi", "sci fi"),
        ("\N{NO-BREAK SPACE}drama", "drama"),
        ("\N{FULLWIDTH DIGIT TWO}4", "24"),
        ("STRASSE", "straße"),
        ('"drama"', "drama"),
        ("b'drama'", "drama"),
        ("000", "0"),
    ],
)
def test_one_value(value: str, known: str) -> None:
    assert spelt_otherwise([value], [known]) == {value: known}


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("24.5", "24"),
        ("-24", "24"),
        ("100", "1"),
        ("1.01", "1.1"),
        ("1.0.0", "1"),
        ("drama", "dramas"),
        ("sci fi", "scifi"),
        ("b", "'b"),
    ],
)
def test_two_values(value: str, known: str) -> None:
    assert spelt_otherwise([value], [known]) == {}


def test_unknown_values_keep_their_order() -> None:
    assert list(spelt_otherwise(["Z", "x", "A"], ["a", "z"])) == ["Z", "A"]


@given(st.text())
def test_the_normal_form_of_a_normal_form_with_blanks_around_is_its_own(text: str) -> None:
    assert normal_form(f" {text}\n") == normal_form(text)
