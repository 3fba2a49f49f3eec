"""YAML into settings: what is refused, and how the message reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import Field

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict, from_yaml, near, nearest, parse, read_yaml


class Item(Strict):
    key: str
    size: int = Field(1, ge=1)


class Settings(Strict):
    name: str
    rate: float = 1.0
    when: Literal["latest"] | int = "latest"
    items: tuple[Item, ...] = ()
    named: str | None = Field(None, alias="as")


def refused(data: dict[str, object]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(Settings, data, "s.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"nmae": "x"}, "s.yaml: unknown key 'nmae': did you mean 'name'?"),
        ({"name": "x", "zzz": 1}, "s.yaml: unknown key 'zzz': known are: as, items, name, rate, when"),
        ({"name": "x", "named": "y"}, "s.yaml: unknown key 'named': did you mean 'name'?"),
        ({"name": "x", True: 1}, "s.yaml: unknown key 'True': known are: as, items, name, rate, when"),
        ({}, "s.yaml: name: Field required"),
        ({"name": 3}, "s.yaml: name: Input should be a valid string (it is 3)"),
        (
            {"name": "x", "when": "new"},
            "s.yaml: when: Input should be 'latest'; or: Input should be a valid integer, "
            "unable to parse string as an integer (it is 'new')",
        ),
        (
            {"name": "x", "items": [{"key": "a"}, {"key": "b", "size": 0}]},
            "s.yaml: items.b.size: Input should be greater than or equal to 1 (it is 0)",
        ),
        (
            {"name": "x", "items": [{"key": "a", "siez": 2}]},
            "s.yaml: items.a: unknown key 'siez': did you mean 'size'?",
        ),
        ({"name": "x", "items": [{"size": 2}]}, "s.yaml: items.0.key: Field required"),
        ({"name": "x", "rate": float("nan")}, "s.yaml: rate: Input should be a finite number (it is nan)"),
        ({"name": "x", "items": {"a": 1}}, "s.yaml: items: Input should be a valid tuple"),
    ],
)
def test_refused_with_key_and_value(data: dict[str, object], text: str) -> None:
    assert refused(data) == text


def test_every_wrong_key_has_a_line() -> None:
    lines = refused({"name": 3, "rate": "fast"}).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["name", "rate"]


def test_message_stays_short() -> None:
    assert len(refused({"name": ["x" * 1_000_000]})) < 200


def test_alias_is_the_key() -> None:
    assert parse(Settings, {"name": "x", "as": "y"}, "s.yaml").named == "y"


def test_frozen() -> None:
    settings = parse(Settings, {"name": "x"}, "s.yaml")
    with pytest.raises(ValueError, match="frozen"):
        settings.name = "y"


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("country", ["COUNTRY", "city"], "COUNTRY"),
        ("USERID", ["user_id"], "user_id"),
        ("Movie", ["movie", "MOVIES"], "movie"),
        ("zip", ["country"], None),
        ("zip", [], None),
    ],
)
def test_a_near_name_is_near_in_any_case(name: str, names: list[str], expected: str | None) -> None:
    assert near(name, names) == expected


def test_nearest_lists_at_most_20() -> None:
    known = [f"k{number:02}" for number in range(25)]
    assert nearest("zzzz", known) == f"known are: {', '.join(known[:20])}, and 5 more"
    assert nearest("k7", ["k07", "k08", "x"]) == "did you mean 'k07'?"


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "s.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "holds nothing; a mapping of keys to values is needed."),
        ("- a\n- b\n", "holds a list; a mapping of keys to values is needed."),
        ("hello", "holds text; a mapping of keys to values is needed."),
        ("3", "holds a value; a mapping of keys to values is needed."),
        (b"name: \xff\n", "is not UTF-8 text (at byte 6): save it as UTF-8."),
    ],
)
def test_no_mapping(tmp_path: Path, content: str | bytes, text: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"{path}: {text}"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a: 1\nb: 2\na: 3\n", r"the key 'a' stands here twice\s+in .*line 3, column 1"),
        ("x:\n  - {k: 1, k: 2}\n", r"the key 'k' stands here twice\s+in .*line 2, column 12"),
        ("a: [1\n", r"expected ',' or '\]'"),
        ("? [a, b]\n: 1\n", "found unhashable key"),
        ("a: !!python/object/apply:os.system ['touch pwned']\n", "could not determine a constructor for the tag"),
        ("a: 2024-13-45\n", "month must be in 1..12"),
        ("[" * 5000, "recursion|expected"),
    ],
)
def test_no_valid_yaml(tmp_path: Path, content: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, content)
    with pytest.raises(ConfigError, match=text) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}: is not valid YAML: ")
    assert list(tmp_path.iterdir()) == [path]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(tmp_path / "no.yaml")
    assert str(caught.value) == f"{tmp_path}/no.yaml: there is no such file."
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        read_yaml(tmp_path)


def test_bom_anchors_and_merges(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffbase: &b {size: 1, key: x}\nmore: {<<: *b, key: y}\n")
    assert read_yaml(path) == {"base": {"size": 1, "key": "x"}, "more": {"size": 1, "key": "y"}}


def test_from_yaml_is_safe() -> None:
    assert from_yaml("{a: [1, 2.5, x, null]}") == {"a": [1, 2.5, "x", None]}
    with pytest.raises(yaml.YAMLError, match="twice"):
        from_yaml("{a: 1, a: 2}")
