"""What features.yaml may leave unwritten: the declaration is as if written out, and errors name what stands there."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.features import FeatureSpec
from widedeep.components.features.groups import declaration
from widedeep.components.features.key_patterns import keys_of

VOCABULARY = {"vocabulary": {"min_count": 2}}
TEXT = {"kind": "categorical", "side": "context", "transform": VOCABULARY, "wide": True}


def declared(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"label": {"key": "y"}, "features": list(entries), **more}


def refused(written: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        declaration(written, "f.yaml")
    return str(caught.value)


def test_criteo_in_four_lines(tmp_path: Path) -> None:
    path = tmp_path / "features.yaml"
    path.write_text(
        """
label: {key: clicked}
defaults:
  numeric: {side: context, transform: {quantile_cdf: {quantiles: 50}}, deep: {}}
  categorical: {side: context, transform: {hash: {buckets: 100000}}, wide: true, deep: {embedding: 16}}
features:
  - {keys: "I[1-13]", kind: numeric}
  - {keys: "C[1-26]", kind: categorical}
"""
    )
    number = {
        "kind": "numeric",
        "side": "context",
        "transform": {"quantile_cdf": {"quantiles": 50}},
        "deep": {},
    }
    text = {
        "kind": "categorical",
        "side": "context",
        "transform": {"hash": {"buckets": 100_000}},
        "wide": True,
        "deep": {"embedding": 16},
    }
    whole = [{"key": f"I{i}", **number} for i in range(1, 14)] + [{"key": f"C{i}", **text} for i in range(1, 27)]
    assert features.load(path) == FeatureSpec.model_validate({"label": {"key": "clicked"}, "features": whole})


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("age", ["age"]),
        ("C[1-3]", ["C1", "C2", "C3"]),
        ("C[9-11]_x", ["C9_x", "C10_x", "C11_x"]),
        ("C[08-10]", ["C08", "C09", "C10"]),
        ("a[1-2]b[3-4]", ["a1b3", "a1b4", "a2b3", "a2b4"]),
        ("a[5-5]", ["a5"]),
    ],
)
def test_patterns(pattern: str, keys: list[str]) -> None:
    assert keys_of(pattern) == keys


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"keys": "C[3-1]"}, "features.C[3-1].keys: 'C[3-1]': its range falls from 3 to 1 (it is 'C[3-1]')"),
        (
            {"keys": "C[1-99999]"},
            "features.C[1-99999].keys: 'C[1-99999]' stands for 99,999 keys, and 10,000 are the most (it is "
            "'C[1-99999]')",
        ),
        (
            {"keys": "C[1-999]D[1-999]"},
            "features.C[1-999]D[1-999].keys: 'C[1-999]D[1-999]' stands for 998,001 keys, and 10,000 are the most (it "
            "is 'C[1-999]D[1-999]')",
        ),
        ({"keys": []}, "features.0.keys: Tuple should have at least 1 item after validation, not 0 (it is [])"),
        (
            {"keys": ["a", "2b"]},
            "features.a, 2b.keys.1: a key is of letters A to Z, digits and _, and begins with a letter; `column` "
            "beside it says what the data calls it: {key: x_2b, column: \"2b\"} (it is '2b')",
        ),
        (
            {"keys": ["a", "b"], "key": "c"},
            "features.c: a feature has a key, and several alike have keys in its place: give one of them",
        ),
        ({}, "features.0: a feature has a key, and several alike have keys in its place: give one of them"),
        (
            {"keys": ["a", "b"], "column": "c"},
            "features.a, b: 'column' names one column, and 'keys' several: features of other columns stand singly",
        ),
        ({"kyes": ["a", "b"]}, "features.0: unknown key 'kyes': did you mean 'keys'?"),
        (
            {"keys": "C[1-26]", "transform": {"hash": {"buckets": 1}}},
            "features.C[1-26].transform.hash.buckets: Input should be greater than or equal to 2; or: Input should be "
            "'auto' (it is 1)",
        ),
        (
            {"keys": ["a", "b", "c", "d", "e"], "deep": {}},
            "features.a, b, c and 2 more: a categorical feature enters the deep model as an embedding: deep: "
            "{embedding: 16}",
        ),
        ({"keys": ["a", "b", "a"]}, "'a' is declared 2 times"),
        (
            {"keys": "z[1-2]", "transform": {"vocabulary": {"of": "z1"}}},
            "z1: 'z1' has no vocabulary of its own to share",
        ),
    ],
)
def test_what_is_wrong_with_a_group_is_told_once_and_where_it_stands(entry: dict[str, Any], text: str) -> None:
    message = refused(declared({**TEXT, **entry}))
    assert message.replace("f.yaml: ", "", 1) == text


@pytest.mark.parametrize(
    ("defaults", "text"),
    [
        (
            {"categorical": {"transform": {"hash": {"bucket": 9}}}},
            "defaults.categorical.transform.hash: unknown key 'bucket': did you mean 'buckets'?",
        ),
        ({"text": {}}, "defaults: unknown key 'text': did you mean 'set'?"),
        ({"categorical": {"key": "a"}}, "defaults.categorical: unknown key 'key': did you mean 'deep'?"),
        ({"set": {"separator": "::"}}, "defaults.set.separator: String should have at most 1 character (it is '::')"),
    ],
)
def test_what_is_wrong_with_the_defaults_is_told_there(defaults: dict[str, Any], text: str) -> None:
    message = refused(declared({**TEXT, "key": "a"}, {**TEXT, "key": "b"}, defaults=defaults))
    assert message.startswith(f"f.yaml: {text.split(': did')[0]}")
    assert len(message.splitlines()) == 1


def test_what_neither_has_is_missing_at_the_feature() -> None:
    message = refused(declared({"keys": ["a", "b"], "kind": "categorical", "transform": VOCABULARY, "wide": True}))
    assert message == "f.yaml: features.a, b.side: Field required"


def test_a_key_of_a_feature_replaces_the_default_whole() -> None:
    defaults = {"categorical": {"side": "context", "transform": VOCABULARY, "deep": {"embedding": 8}, "wide": True}}
    [spec] = declaration(
        declared(
            {"key": "a", "kind": "categorical", "transform": {"hash": {"buckets": 5}}, "deep": None},
            defaults=defaults,
        ),
        "f.yaml",
    ).features
    assert spec.transform.vocabulary is None
    assert spec.deep is None
    assert spec.wide


@st.composite
def groups(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A features.yaml with groups and defaults, and its features written out."""
    roles = st.fixed_dictionaries(
        {},
        optional={
            "transform": st.sampled_from([VOCABULARY, {"hash": {"buckets": 7}}]),
            "wide": st.booleans(),
            "deep": st.sampled_from([None, {"embedding": 4}, {"embedding": 2, "pooling": "sum"}]),
            "required": st.booleans(),
            "side": st.sampled_from(["context", "candidate"]),
        },
    )
    base = {"transform": VOCABULARY, "side": "context"}
    defaults = {kind: base | draw(roles) for kind in ("categorical", "set")}
    number = itertools.count()
    entries, plain = [], [{**defaults["categorical"], **TEXT, "key": "first"}]
    for _ in range(draw(st.integers(1, 4))):
        kind, own = draw(st.sampled_from(["categorical", "set"])), draw(roles)
        name, count, form = (
            f"f{next(number)}_",
            draw(st.integers(1, 5)),
            draw(st.sampled_from(["list", "range", "mixed"])),
        )
        keys = [f"{name}{i}" for i in range(1, count + 1)]
        pattern = f"{name}[1-{count}]"
        written = {"list": keys, "range": pattern, "mixed": [pattern, f"{name}x"]}[form]
        entries.append({"keys": written, "kind": kind, **own})
        plain += [
            {**defaults[kind], **own, "key": key, "kind": kind} for key in keys + [f"{name}x"] * (form == "mixed")
        ]
    return declared({**TEXT, "key": "first"}, *entries, defaults=defaults), plain


@given(groups())
def test_the_declaration_is_as_if_it_were_written_out(made: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    written, plain = made
    expected = FeatureSpec.model_validate(declared(*plain))
    assert declaration(written, "f.yaml") == expected
    # And of a file as well, in which numbers remember their text.
    assert declaration(yaml.safe_load(json.dumps(written)), "f.yaml") == expected
    assert features.to_json(declaration(written, "f.yaml")) == features.to_json(expected)
