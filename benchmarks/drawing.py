"""Parts of the benchmarks' drawings, in SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH = 960
# Okabe and Ito's colours, which the colour-blind can tell apart.
COLOURS = ("#999999", "#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7")
_STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:14px}.light{fill:#fff}"

Box = tuple[float, float, float, float]  # left, top, right, bottom


def drawing(title: str, height: int, parts: Sequence[str]) -> str:
    """An SVG of some parts, so many units high and WIDTH wide."""
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])


def legend(names: Sequence[str], colours: Sequence[int], x: float, y: float) -> list[str]:
    """Names beside their colours, from a place to the right."""
    parts = []
    for name, colour in zip(names, colours, strict=True):
        parts += [rect(x, y - 10, 12, 12, COLOURS[colour]), text(x + 17, y, name)]
        x += 34 + 6.8 * len(name)
    return parts


def log(value: float, limits: tuple[float, float]) -> float:
    """Where a value lies between two on a logarithmic axis, 0 to 1."""
    low, high = map(math.log, limits)
    return min(1.0, max(0.0, (math.log(value) - low) / (high - low)))


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a place; `kind` is a class of the style."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str = "#ddd", width: float = 1) -> str:
    """A line between two places."""
    at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {at} stroke="{colour}" stroke-width="{width:g}"/>'


def curve(points: Sequence[tuple[float, float]], colour: str, dots: bool = False) -> list[str]:
    """A line through places, with or without a dot at each."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    circles = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points if dots]
    return [f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>', *circles]


def rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
