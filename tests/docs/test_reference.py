"""The generated reference: every key and option is there with its meaning; schema/ has the models' schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import click
import jsonschema
import pytest
import yaml
from pydantic import Field

from tools.docs import command_line, keys, rooms, schemas
from widedeep.components.common.settings import Strict
from widedeep.pipeline.cli import command as widedeep

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = [
    ROOT / "schema" / name / f"{file}.yaml" for name in ("movielens", "taxi", "census") for file in schemas.FILES
]


class Inner(Strict):
    """What is inside.

    At some length.
    """

    share: float = Field(0.5, gt=0, le=1, description="a | b, as `x|y`, of <all>")


class Outer(Strict):
    """A whole file."""

    count: int = Field(ge=1, description="how many")
    kind: Literal["warm", "cold"] = Field("warm", description="which")
    names: tuple[str, ...] = Field((), description="what they are called")
    limits: dict[str, Annotated[int, Field(ge=2)]] | None = Field(None, description="by name")
    inner: Inner = Field(Inner(), description="one")
    more: tuple[Inner, ...] = Field(min_length=2, max_length=3, description="others")
    by_name: dict[str, Inner] = Field({}, description="those with a name")


def test_a_key_is_told_with_type_bounds_default_and_meaning() -> None:
    assert keys.render(schemas.of(Outer)) == "\n\n".join(
        [
            "\n".join(
                [
                    "| key | value | default | meaning |",
                    "|---|---|---|---|",
                    "| `count` | integer ≥ 1 | **needed** | how many |",
                    "| `kind` | `warm`, `cold` | `warm` | which |",
                    "| `names` | list: text | `[]` | what they are called |",
                    "| `limits` | mapping of names: integer ≥ 2 or `null` | `null` | by name |",
                    "| `inner` | [`inner`](#inner) |  | one |",
                    "| `more` | list of 2 to 3: [`inner`](#inner) | **needed** | others |",
                    "| `by_name` | mapping of names: [`inner`](#inner) | `{}` | those with a name |",
                ]
            ),
            "## `inner`, `more[]`, `by_name.NAME` {#inner}",
            "What is inside.\n\nAt some length.",
            "| key | value | default | meaning |\n|---|---|---|---|\n"
            "| `share` | number > 0, ≤ 1 | `0.5` | a \\| b, as `x|y`, of &lt;all&gt; |",
        ]
    )


@pytest.mark.parametrize("name", schemas.FILES)
def test_every_key_says_what_it_means(name: str) -> None:
    schema = schemas.of(schemas.FILES[name])
    for where, definition in {name: schema, **schema["$defs"]}.items():
        assert definition.get("description"), where
        for key, value in definition.get("properties", {}).items():
            assert value.get("description"), f"{where}.{key}: give the field a description"


@pytest.mark.parametrize("name", schemas.PUBLISHED)
def test_the_schemas_that_editors_read_are_the_models(name: str) -> None:
    assert schemas.path(name).read_text() == schemas.text(name), "write it anew: .venv/bin/python -m tools.docs.schemas"


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_settings_hold_to_the_schema_that_they_name(path: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
    assert named
    schema = json.loads((path.parent / named[1]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trainin": {}}, "'trainin' was unexpected"),
        ({"training": {"epochs": 0}}, "0 is less than the minimum of 1"),
        ({"data": {"path": "x"}}, "'format' is a required property"),
    ],
)
def test_an_editor_finds_what_the_command_refuses(change: dict[str, Any], says: str) -> None:
    settings = {"name": "mine", "data": {"path": "x", "format": "csv"}, **change}
    with pytest.raises(jsonschema.ValidationError, match=says):
        jsonschema.validate(settings, json.loads(schemas.text("pipeline")))


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            known = command.get_command(context, child)
            assert known is not None
            yield from commands(known, f"{name} {child}")


def test_every_command_and_option_is_told() -> None:
    text = command_line.render()
    first, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    told = {"widedeep": first} | {section.split("`")[1]: section for section in rest}
    known = dict(commands(widedeep, "widedeep"))
    assert told.keys() == known.keys()
    for name, command in known.items():
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_eager:
                assert re.search(rf"^\| `{option.opts[0]}\b", told[name], re.MULTILINE), (name, option.opts)
    assert "| `--top INTEGER RANGE` | How many.  [default: 20; x&gt;=1] |" in told["widedeep explain"]


def test_the_drawing_has_each_room_of_the_contracts_once() -> None:
    drawn = re.findall(r"<strong>(\w+)</strong> <span>(.*?)</span>", rooms.render())
    folders = [path.parent for path in ROOT.glob("components/*/__init__.py")]
    names = [name for name, _ in drawn]
    for folder in folders:
        assert names.count(folder.name) == 1, f"{folder.name}: no contract of pyproject.toml names it"
    assert all(words for _, words in drawn)
    # Who imports whom: above from below.
    assert names.index("pipeline") < names.index("components") < names.index("evaluator") < names.index("trainer")
