"""The figures of benchmarks/results as tables."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def render(folder: Path = RESULTS, level: int = 3) -> str:
    """Markdown of every result file, with the machine that it was measured on.

    Args:
        folder: holds the files.
        level: of the headings.
    """
    files = sorted(folder.glob("**/*.json"))
    if not files:
        return "No result is kept yet."
    return "\n\n".join(_table(file.relative_to(folder), json.loads(file.read_text("utf-8")), level) for file in files)


def _table(file: Path, result: dict[str, Any], level: int) -> str:
    rows = [_row(figure) for figure in result["figures"]]
    known = {name: value for name, value in result.items() if name not in ("benchmark", "figures")}
    return "\n\n".join(
        [
            f"{'#' * level} `{result.get('benchmark', file.stem)}`",
            _escaped("; ".join(_words(name, value) for name, value in known.items())),
            "\n".join(["| figure | value | goal | beside |", "|---|---:|---|---|", *rows]),
        ]
    )


def _row(figure: dict[str, Any]) -> str:
    value = f"{figure['value']:,.4g}" if abs(figure["value"]) < 1e4 else f"{figure['value']:,.0f}"
    cells = (figure["name"], f"{value} {figure['unit']}".strip(), figure["goal"] or "", figure["against"] or "")
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _words(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(_words(key, item) for key, item in value.items())
    return f"{name.replace('_', ' ')} {value}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("|", "\\|")
