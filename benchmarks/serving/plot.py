"""The figures of benchmarks/serving/suite.py as one drawing: latency, where it goes, throughput, and memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.drawing import COLOURS, Box, curve, drawing, legend, line, log, rect, text
from benchmarks.harness.figures import Figure
from benchmarks.serving.latency import PAPER

_GROWTH = "serving_malformed_memory_growth"
# Logarithmic axes begin and end at these.
_PER_SECOND, _MILLISECONDS = (30, 3000), (1, 300)


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
    return drawing("Serving latency, throughput and memory", 760, parts)


def memory_svg(figures: Sequence[Figure]) -> str:
    """The SVG of the memory alone."""
    [growth] = [figure for figure in figures if figure.name == _GROWTH]
    return drawing("Memory of a server that is sent malformed requests", 220, _memory(growth, (60, 40, 930, 180)))


def _table(latency: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """Bars by split: the paper's, and ours, of each model: p50, with p99 as a line above it."""
    left, top, right, bottom = box
    highest = max(max(PAPER.values()), *(row["p99"] for model in latency.values() for row in _splits(model).values()))
    scale = (bottom - top) / (math.ceil(highest / 10) * 10)
    parts = [text(left, top - 22, "Milliseconds for 200 candidates: p50, and p99 above it", "title")]
    for tick in range(0, math.ceil(highest / 10) * 10 + 1, 10):
        parts += [line(left, bottom - tick * scale, right, bottom - tick * scale)]
        parts += [text(left - 8, bottom - tick * scale + 4, str(tick), anchor="end")]
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
            parts.append(rect(at, bottom - median * scale, wide, median * scale, COLOURS[colour]))
            parts.append(text(at + wide / 2, bottom - 6, f"{median:.1f}", _on(colour), "middle"))
            if high is not None:
                parts.append(line(at, bottom - high * scale, at + wide, bottom - high * scale, "#222", 2))
                parts.append(text(at + wide / 2, bottom - high * scale - 4, f"{high:.1f}", anchor="middle"))
        parts.append(text(x + (group - 24) / 2, bottom + 16, split, anchor="middle"))
    return parts + legend(
        ("Cheng et al. 2016", "ours, its layers", "ours, default layers"), (0, 1, 3), left, bottom + 36
    )


def _splits(model: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {split: row for split, row in model["milliseconds"].items() if not split.startswith("REST")}


def _throughput(throughput: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """A line for each: from one client to saturation."""
    left, top, right, bottom = box

    def x(value: float) -> float:
        return left + (right - left) * log(value, _PER_SECOND)

    def y(value: float) -> float:
        return bottom - (bottom - top) * log(value, _MILLISECONDS)

    parts = [text(left, top - 22, "p99 milliseconds by requests a second", "title")]
    for tick in (1, 10, 100):
        parts += [line(left, y(tick), right, y(tick)), text(left - 8, y(tick) + 4, str(tick), anchor="end")]
    for tick in (100, 1000):
        parts += [line(x(tick), top, x(tick), bottom), text(x(tick), bottom + 16, str(tick), anchor="middle")]
    for number, details in enumerate(throughput.values()):
        points = [(x(step["per_second"]), y(step["p99"])) for step in details["steps"]]
        parts += curve(points, COLOURS[number + 1], dots=True)
    names = [name.removeprefix("serving_throughput_").replace("_", " ") for name in throughput]
    half = len(names) // 2
    return [
        *parts,
        *legend(names[:half], range(1, half + 1), left, bottom + 36),
        *legend(names[half:], range(half + 1, len(names) + 1), left, bottom + 54),
    ]


def _shares(latency: Mapping[str, Mapping[str, Any]], box: Box) -> list[str]:
    """A bar for each model, of the parts of its median request."""
    left, top, right, bottom = box
    # A median less other medians may be below 0.
    longest = max(sum(max(0.0, model["one_request"][name]) for name in _names(model)) for model in latency.values())
    scale, tall = (right - left) / longest, (bottom - top) / 2.6
    parts = [text(60, top - 14, "Where a request of 200 candidates spends its time (ms)", "title")]
    names: list[str] = []
    for number, (name, model) in enumerate(latency.items()):
        at, high = left, top + number * tall * 1.6
        parts.append(text(left - 8, high + tall / 2 + 4, f"{name} layers", anchor="end"))
        names = _names(model)
        for colour, part in enumerate(names, 1):
            taken = max(0.0, model["one_request"][part])
            parts.append(rect(at, high, taken * scale, tall, COLOURS[colour]))
            if taken * scale > 30:
                parts.append(text(at + taken * scale / 2, high + tall / 2 + 4, f"{taken:.1f}", _on(colour), "middle"))
            at += taken * scale
    return parts + legend(names, range(1, len(names) + 1), 60, bottom + 20)


def _memory(growth: Figure, box: Box) -> list[str]:
    """A line of the server's memory while it is sent malformed requests."""
    left, top, right, bottom = box
    memory = growth.details["anonymous_mib"]
    highest = 200 * math.ceil(max(memory) / 200)
    points = [
        (left + (right - left) * place / (len(memory) - 1), bottom - (bottom - top) * size / highest)
        for place, size in enumerate(memory)
    ]
    parts = [text(left, top - 14, f"MiB that the server holds, over {growth.against.rpartition(', ')[0]}", "title")]
    for tick in range(0, highest + 1, 200):
        at = bottom - (bottom - top) * tick / highest
        parts += [line(left, at, right, at), text(left - 8, at + 4, f"{tick:,}", anchor="end")]
    return parts + curve(points, COLOURS[1])


def _names(model: Mapping[str, Any]) -> list[str]:
    return [name for name in model["one_request"] if name != "whole"]


def _on(colour: int) -> str:
    """The class of text that can be read on a colour."""
    return "light" if colour in (1, 3) else ""
