"""YAML as people mean it: the core rules of YAML 1.2, no tag that makes an object, and no key twice.

YAML 1.1, PyYAML's own, takes 010 for eight, 1:30 for ninety, `no` for false, 1_000 for a thousand and 2024-02-01 for a
date; each of them is a name, a span or a folder to whoever writes it.

Source: YAML 1.2.2, section 10.3.2 (https://yaml.org/spec/1.2.2/#1032-tag-resolution).
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"


class _Written:
    """A number that remembers how it was written: where a text is wanted, `010` is no `10`, and `1.10` no `1.1`."""

    text: str

    def __str__(self) -> str:
        return self.text


class WrittenInt(_Written, int):
    """A whole number and its text."""


class WrittenFloat(_Written, float):
    """A number with a point or an exponent, and its text."""


class _Loader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; a feature would vanish."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue  # "<<" brings the keys of another mapping, which this one's may override.
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # PyYAML refuses it, and says where.
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_whole(self, node: yaml.ScalarNode) -> WrittenInt:
        text = str(self.construct_scalar(node))
        match = re.fullmatch(r"0o([0-7]+)|0x([0-9a-fA-F]+)|([-+]?[0-9]+)", text)
        if match is None:
            raise yaml.constructor.ConstructorError(None, None, f"'{text}' is no whole number", node.start_mark)
        digits = match[match.lastindex or 3]
        number = WrittenInt(int(digits, {1: 8, 2: 16}.get(match.lastindex or 3, 10)))
        number.text = text
        return number

    def construct_number(self, node: yaml.ScalarNode) -> WrittenFloat:
        text = str(self.construct_scalar(node))
        try:
            number = WrittenFloat(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.lower()))
        except ValueError:
            raise yaml.constructor.ConstructorError(None, None, f"'{text}' is no number", node.start_mark) from None
        number.text = text
        return number

    def construct_truth(self, node: yaml.ScalarNode) -> bool:
        text = str(self.construct_scalar(node)).lower()
        if text not in ("true", "false"):
            raise yaml.constructor.ConstructorError(None, None, f"'{text}' is not true or false", node.start_mark)
        return text == "true"


# As the table of the specification, and "<<", which merges mappings and which people know from YAML 1.1.
for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_whole)
_Loader.add_constructor(f"{_TAG}float", _Loader.construct_number)
_Loader.add_constructor(f"{_TAG}bool", _Loader.construct_truth)


def from_yaml(text: str) -> Any:
    """Plain values out of YAML: no tag makes any other object, and no key stands twice.

    A number is a `WrittenInt` or a `WrittenFloat`, whose `str` is what stands in the text.

    Raises:
        yaml.YAMLError: the text is not such YAML.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except (ValueError, RecursionError) as error:  # "[[[[..." has no end; so many digits are no number
        raise yaml.YAMLError(str(error)) from None
