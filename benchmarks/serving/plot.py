"""The figures of benchmarks/serving/suite.py as one drawing: latency, where it goes, throughput, and memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.harness.figures import Figure
from benchmarks.serving.latency import PAPER

_WIDTH = 960
_GROWTH = "serving_malformed_memory_growth"
# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = ("#999999", "#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7")
_STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:14px}.light{fill:#fff}"
# Logarithmic axes begin and end at these.
_PER_SECOND, _MILLISECONDS = (30, 3000), (1, 300)

Box = tuple[float, float, float, float]  # left, top, right, bottom


def svg(figures: Sequence[Figure]) -> str:
    """The SVG."""
    by_name = {figure.name: figure for figure in figures}
    latency = {name: by_name[f"serving_p99_{name}_layers"].details for name in ("paper", "default")}
    throughput = {name: figure.details for name, figure in by_name.items() if "_throughput_" in name}
    parts = [
        *_table(latency, (60, 50, 470, 300)),
        *_throughput(throughput, (560, 50, 930, 300)),
        *_shares(latency, (150, 420, 930, 510)),
        *_memory(by_name[_GROWTH], (60, 590, 930, 720)),
    ]
    return _drawing("Serving latency, throughput and memory", 760, parts)


def memory_svg(figures: Sequence[Figure]) -> str:
    """The SVG of the memory alone."""
    [growth] = [figure for figure in figures if figure.name == _GROWTH]
    return _drawing("Memory of a server that is sent malformed requests", 220, _memory(growth, (60, 40, 930, 180)))


def _drawing(title: str, height: int, parts: Sequence[str]) -> str:
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])


def _table(latency: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """Bars by split: the paper's, and ours, of each model: p50, with p99 as a line above it."""
    left, top, right, bottom = box
    highest = max(max(PAPER.values()), *(row["p99"] for model in latency.values() for row in _splits(model).values()))
    scale = (bottom - top) / (math.ceil(highest / 10) * 10)
    parts = [_text(left, top - 22, "Milliseconds for 200 candidates: p50, and p99 above it", "title")]
    for tick in range(0, math.ceil(highest / 10) * 10 + 1, 10):
        parts += [_line(left, bottom - tick * scale, right, bottom - tick * scale)]
        parts += [_text(left - 8, bottom - tick * scale + 4, str(tick), anchor="end")]
    group = (right - left) / len(PAPER)
    for number, (parallel, theirs) in enumerate(PAPER.items()):
        x, split = left + group * number + 12, f"{parallel} x {200 // parallel}"
        bars = [
            (float(theirs), None),
            *((row[split]["p50"], row[split]["p99"]) for row in map(_splits, latency.values())),
        ]
        for place, (median, high) in enumerate(bars):
            at, wide = x + place * (group - 24) / 3, (group - 24) / 3 - 3
            colour = (0, 1, 3)[place]
            parts.append(_rect(at, bottom - median * scale, wide, median * scale, _COLOURS[colour]))
            parts.append(_text(at + wide / 2, bottom - 6, f"{median:.1f}", _on(colour), "middle"))
            if high is not None:
                parts.append(_line(at, bottom - high * scale, at + wide, bottom - high * scale, "#222", 2))
                parts.append(_text(at + wide / 2, bottom - high * scale - 4, f"{high:.1f}", anchor="middle"))
        parts.append(_text(x + (group - 24) / 2, bottom + 16, split, anchor="middle"))
    return parts + _legend(
        ("Cheng et al. 2016", "ours, its layers", "ours, default layers"), (0, 1, 3), left, bottom + 36
    )


def _splits(model: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {split: row for split, row in model["milliseconds"].items() if not split.startswith("REST")}


def _throughput(throughput: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """A line for each: from one client to saturation."""
    left, top, right, bottom = box

    def x(value: float) -> float:
        return left + (right - left) * _log(value, _PER_SECOND)

    def y(value: float) -> float:
        return bottom - (bottom - top) * _log(value, _MILLISECONDS)

    parts = [_text(left, top - 22, "p99 milliseconds by requests a second", "title")]
    for tick in (1, 10, 100):
        parts += [_line(left, y(tick), right, y(tick)), _text(left - 8, y(tick) + 4, str(tick), anchor="end")]
    for tick in (100, 1000):
        parts += [_line(x(tick), top, x(tick), bottom), _text(x(tick), bottom + 16, str(tick), anchor="middle")]
    for number, details in enumerate(throughput.values()):
        points = [(x(step["per_second"]), y(step["p99"])) for step in details["steps"]]
        joined = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{_COLOURS[number + 1]}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{_COLOURS[number + 1]}"/>' for px, py in points]
    names = [name.removeprefix("serving_throughput_").replace("_", " ") for name in throughput]
    half = len(names) // 2
    return [
        *parts,
        *_legend(names[:half], range(1, half + 1), left, bottom + 36),
        *_legend(names[half:], range(half + 1, len(names) + 1), left, bottom + 54),
    ]


def _shares(latency: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """A bar for each model, of the parts of its median request."""
    left, top, right, bottom = box
    # A median less other medians may be below 0.
    longest = max(sum(max(0.0, model["one_request"][name]) for name in _names(model)) for model in latency.values())
    scale, tall = (right - left) / longest, (bottom - top) / 2.6
    parts = [_text(60, top - 14, "Where a request of 200 candidates spends its time (ms)", "title")]
    names: list[str] = []
    for number, (name, model) in enumerate(latency.items()):
        at, high = left, top + number * tall * 1.6
        parts.append(_text(left - 8, high + tall / 2 + 4, f"{name} layers", anchor="end"))
        names = _names(model)
        for colour, part in enumerate(names, 1):
            taken = max(0.0, model["one_request"][part])
            parts.append(_rect(at, high, taken * scale, tall, _COLOURS[colour]))
            if taken * scale > 30:
                parts.append(_text(at + taken * scale / 2, high + tall / 2 + 4, f"{taken:.1f}", _on(colour), "middle"))
            at += taken * scale
    return parts + _legend(names, range(1, len(names) + 1), 60, bottom + 20)


def _memory(growth: Figure, box: Box) -> list[str]:
    """A line of the server's memory while it is sent malformed requests."""
    left, top, right, bottom = box
    memory = growth.details["anonymous_mib"]
    highest = 200 * math.ceil(max(memory) / 200)
    points = [
        (left + (right - left) * place / (len(memory) - 1), bottom - (bottom - top) * size / highest)
        for place, size in enumerate(memory)
    ]
    parts = [_text(left, top - 14, f"MiB that the server holds, over {growth.against.rpartition(', ')[0]}", "title")]
    for tick in range(0, highest + 1, 200):
        at = bottom - (bottom - top) * tick / highest
        parts += [_line(left, at, right, at), _text(left - 8, at + 4, f"{tick:,}", anchor="end")]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [*parts, f'<polyline points="{joined}" fill="none" stroke="{_COLOURS[1]}" stroke-width="2"/>']


def _names(model: Mapping[str, Any]) -> list[str]:
    return [name for name in model["one_request"] if name != "whole"]


def _on(colour: int) -> str:
    """The class of text that can be read on a colour."""
    return "light" if colour in (1, 3) else ""


def _legend(names: Sequence[str], colours: Sequence[int], x: float, y: float) -> list[str]:
    parts = []
    for name, colour in zip(names, colours, strict=True):
        parts += [_rect(x, y - 10, 12, 12, _COLOURS[colour]), _text(x + 17, y, name)]
        x += 34 + 6.3 * len(name)
    return parts


def _log(value: float, limits: tuple[float, float]) -> float:
    """Where a value lies between two on a logarithmic axis, 0 to 1."""
    low, high = map(math.log, limits)
    return min(1.0, max(0.0, (math.log(value) - low) / (high - low)))


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#ddd", width: float = 1) -> str:
    at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {at} stroke="{colour}" stroke-width="{width:g}"/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
