"""Lines of YAML: read back as they were meant, by either version's rules."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.yaml_text import from_yaml
from widedeep.pipeline.drafting.output.yaml_lines import flow, line

SCALARS = (
    st.text(st.characters(codec="utf-8"))
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.none()
)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))
def test_what_is_written_is_read_back(value: object):
    assert from_yaml(flow(value)) == value


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "null", "~", "1e3", "010", "1:30", "2024-02-01", "true", "", "a: b", "#"]
)
def test_words_of_yaml_stay_texts(word: str):
    assert yaml.safe_load(flow(word)) == word
    assert from_yaml(flow([word])) == [word]


def test_plain_words_stay_plain():
    assert flow({"key": "user_id", "wide": True, "n": [1, 2.5]}) == "{key: user_id, wide: true, n: [1, 2.5]}"


def test_a_reason_stays_a_comment():
    assert line("a: 1", "two\nlines\x00 #") == "a: 1  # two lines #\n"
    assert line("a: 1", "") == "a: 1\n"
