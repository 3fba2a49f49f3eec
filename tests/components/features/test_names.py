"""Names: a key for a column of any name, and what TensorFlow can export an input under."""

from __future__ import annotations

import json
import keyword
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from widedeep.components.features.names import Key, argument_names, key_for


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("native-country", "native_country"),
        ("user.id", "user_id"),
        ("größe", "grosse"),
        ("_id", "id"),
        ("2fa", "x_2fa"),
        (" Item Id ", "Item_Id"),
        ("C1", "C1"),
        ("年齢", "x"),
    ],
)
def test_key_for(column: str, key: str) -> None:
    assert key_for(column) == key


@given(st.text())
def test_a_refusal_says_what_to_write(column: str) -> None:
    """Any column's name is a key, or the error holds YAML that names it by one."""
    assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", key_for(column))
    try:
        assert TypeAdapter(Key).validate_python(column) == column
    except ValidationError as error:
        [problem] = error.errors()
        written = yaml.safe_load(problem["msg"].split("calls it: ")[1])
        assert written == {"key": key_for(column), "column": column}


_NAMES = st.one_of(st.sampled_from([*keyword.kwlist, "self", "Self", "age", "Age", "AGE", "input_1"]), st.text("aAb_1"))


@given(st.lists(_NAMES.filter(lambda name: re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)), unique=True))
def test_argument_names(keys: list[str]) -> None:
    """Different whatever their case, no keyword, and a key's own wherever that is so."""
    names = argument_names(keys)
    assert list(names) == keys
    assert len({name.lower() for name in names.values()}) == len(keys)
    assert not {name for name in names.values() if keyword.iskeyword(name) or name == "self"}
    lower = [key.lower() for key in keys]
    for number, key in enumerate(keys):
        clear = not keyword.iskeyword(key) and key != "self" and key.lower() not in lower[:number]
        assert (names[key] == key) == clear, json.dumps(names)
