"""A JSON schema as a reference: a section for each group of keys, a row for each key."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]


class _Group(NamedTuple):
    """A definition of the schema, and the dotted names under which its keys are written."""

    schema: Schema
    paths: list[str]


def render(schema: Schema, level: int = 2) -> str:
    """Markdown of every key: type with bounds, default, meaning.

    Args:
        schema: as pydantic gives it: an object with `$defs`.
        level: of the headings.
    """
    return "\n\n".join(
        part for group in _groups(schema).values() for part in _section(group, _names(_groups(schema)), level)
    )


def _groups(schema: Schema) -> dict[str, _Group]:
    """The groups by name of their definition, in the order in which a reader meets them."""
    definitions = schema.get("$defs", {})
    groups = {"": _Group(schema, [])}

    def visit(name: str, prefix: str) -> None:
        for key, value in groups[name].schema.get("properties", {}).items():
            for reference, suffix in _references(value):
                path = f"{prefix}{key}{suffix}"
                if reference in groups:
                    groups[reference].paths.append(path)
                else:
                    groups[reference] = _Group(definitions[reference], [path])
                    visit(reference, f"{path}.")

    visit("", "")
    return groups


def _references(value: Schema) -> Iterator[tuple[str, str]]:
    """Definitions that a key's value is made of, with what is written between the key and theirs."""
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2], ""
    for alternative in value.get("anyOf", ()):
        yield from _references(alternative)
    for item in (value.get("items"), *value.get("prefixItems", ())):
        if item:
            yield from ((name, f"[]{suffix}") for name, suffix in _references(item))
    for item in _values(value):
        yield from ((name, f".NAME{suffix}") for name, suffix in _references(item))


def _values(value: Schema) -> list[Schema]:
    """The schemas of a mapping's values."""
    values = list(value.get("patternProperties", {}).values())
    more = value.get("additionalProperties")
    return [*values, more] if isinstance(more, dict) else values


def _names(groups: dict[str, _Group]) -> dict[str, str]:
    return {name: group.paths[0] for name, group in groups.items() if group.paths}


def _section(group: _Group, names: dict[str, str], level: int) -> Iterator[str]:
    if group.paths:
        title = ", ".join(f"`{path}`" for path in group.paths)
        yield f"{'#' * level} {title} {{#{_anchor(group.paths[0])}}}"
    # What the whole is, the page says.
    if group.paths and group.schema.get("description"):
        yield html.escape(group.schema["description"], quote=False)
    if not group.schema.get("properties"):
        yield "It has no keys: write `{}`."
        return
    needed = group.schema.get("required", [])
    rows = [_row(key, value, key in needed, names) for key, value in group.schema["properties"].items()]
    yield "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows])


def _row(key: str, value: Schema, needed: bool, names: dict[str, str]) -> str:
    default = "**needed**" if needed else _default(value)
    cells = (f"`{key}`", kind(value, names), default, _escaped(value.get("description", "")))
    return "| " + " | ".join(cells) + " |"


def _default(value: Schema) -> str:
    default = value.get("default")
    # Of a group, its own section tells the defaults.
    whole = isinstance(default, dict) and bool(default)
    return _code(default) if "default" in value and not whole else ""


def kind(value: Schema, names: dict[str, str]) -> str:
    """What a key may hold, in words with its bounds.

    Args:
        value: the key's schema.
        names: where each definition is described.
    """
    if "$ref" in value:
        path = names[value["$ref"].rpartition("/")[2]]
        return f"[`{path}`](#{_anchor(path)})"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(kind(alternative, names) for alternative in value["anyOf"]))
    if "enum" in value:
        return ", ".join(_code(choice) for choice in value["enum"])
    if "const" in value:
        return _code(value["const"])
    if "prefixItems" in value:
        return "list: " + ", ".join(kind(item, names) for item in value["prefixItems"])
    if value.get("type") == "array":
        return _list(value, names)
    if value.get("type") == "object":
        return _mapping(value, names)
    return _plain(value)


def _list(value: Schema, names: dict[str, str]) -> str:
    least, most = value.get("minItems"), value.get("maxItems")
    count = f" of {least} to {most}" if least and most else f" of {least} or more" if least else ""
    return f"list{count}: {kind(value['items'], names)}" if value.get("items") else f"list{count}"


def _mapping(value: Schema, names: dict[str, str]) -> str:
    values = " or ".join(kind(item, names) for item in _values(value))
    return f"mapping of names: {values}" if values else "mapping"


_WORDS = {"string": "text", "boolean": "`true`, `false`", "null": "`null`", None: "any value"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _plain(value: Schema) -> str:
    bounds = [f"{sign} {_number(value[name])}" for name, sign in _BOUNDS.items() if name in value]
    pattern = f" like `{value['pattern']}`" if "pattern" in value else ""
    if value.get("type") == "string" and value.get("maxLength") == 1:
        return "one character"
    return _WORDS.get(value.get("type"), str(value.get("type"))) + (f" {', '.join(bounds)}" if bounds else pattern)


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)}`"


def _escaped(text: str) -> str:
    """Escapes a text for a table's cell; within backticks Markdown does so itself."""
    parts = text.replace("\n", " ").split("`")
    parts[::2] = [html.escape(part, quote=False).replace("|", "\\|") for part in parts[::2]]
    return "`".join(parts)


def _anchor(path: str) -> str:
    return path.replace("[]", "").replace(".NAME", "").replace(".", "-").replace("_", "-").lower()
