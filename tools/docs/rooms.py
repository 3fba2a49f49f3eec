"""The drawing of the rooms, from the contracts in pyproject.toml and the rooms' own first lines."""

from __future__ import annotations

import ast
import html
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@cache
def _contracts() -> dict[str, dict[str, Any]]:
    """The layered contracts by name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {contract["name"]: contract for contract in contracts if contract["type"] == "layers"}


def render() -> str:
    """HTML: who may import whom, from above to below."""
    [house] = (contract for contract in _contracts().values() if "widedeep.pipeline" in contract["layers"])
    return f'<div class="rooms">{_layers(house["layers"], "")}</div>'


def _layers(layers: list[str], container: str) -> str:
    rows = []
    for layer in layers:
        names = [name.strip() for name in layer.split("|")]
        rooms = "".join(_room(name if name.startswith("widedeep.") else f"{container}.{name}") for name in names)
        rows.append(f'<div class="layer">{rooms}</div>')
    return "".join(rows)


def _room(module: str) -> str:
    path = module.removeprefix("widedeep.").replace(".", "/")
    inside = next((_layers(layers, module) for layers in [_inside(module)] if layers), "")
    name = f"<strong>{html.escape(path.rpartition('/')[2])}</strong>"
    words = re.sub("`(.+?)`", r"<code>\1</code>", html.escape(summary(path)))
    return f'<div class="room{" whole" if inside else ""}">{name} <span>{words}</span>{inside}</div>'


def _inside(module: str) -> list[str]:
    """The layers inside a room, where a contract holds some."""
    for contract in _contracts().values():
        layers: list[str] = contract["layers"]
        own = module in contract.get("containers", ())
        if own or all(name.strip().startswith(f"{module}.") for layer in layers for name in layer.split("|")):
            return layers
    return []


def summary(path: str) -> str:
    """The first sentence of a package's or module's docstring.

    Args:
        path: of the folder, or of the module without its ending, from the repository's root.
    """
    folder = ROOT / path
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split())
