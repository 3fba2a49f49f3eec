"""What each step costs by the rows, as lines on logarithmic axes, where a cost that grows as the rows do rises by a
decade in a decade.

    python -m benchmarks.pipelines.growth_plot    (writes docs/assets/growth.svg of the kept result)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.drawing import COLOURS, Box, curve, drawing, legend, line, log, text
from benchmarks.harness import results, subprocesses
from benchmarks.harness.figures import Figure

STEPS = ("run", "ExampleGen", "StatisticsGen", "Transform", "Trainer", "Evaluator", "DryRun")
# By cost: the title, and the unit in that of the measurements.
_PANELS = {
    "seconds": ("Seconds", 1),
    "cpu": ("Seconds of CPU, of two cores", 1),
    "memory": ("MiB at most, of all processes", 2**20),
    "written": ("MiB written", 2**20),
}
# Less than this is none: of bytes a hundredth of a MiB.
_LEAST = 0.01

Point = tuple[float, float]


def svg(figures: Sequence[Figure]) -> str:
    """The SVG of the benchmark's figures."""
    sizes = {float(rows): used for rows, used in figures[0].details["rows"].items()}
    parts = []
    for number, (cost, (title, unit)) in enumerate(_PANELS.items()):
        left, top = 70 + 470 * (number % 2), 50 + 290 * (number // 2)
        by_step = {
            step: [(rows, used[step][cost] / unit) for rows, used in sizes.items() if used[step][cost] / unit >= _LEAST]
            for step in STEPS
        }
        parts += _panel(title, by_step, list(sizes), (left, top, left + 380, top + 200))
    return drawing("What a run costs as its rows grow", 620, [*parts, *legend(STEPS, range(len(STEPS)), 70, 600)])


def _panel(title: str, by_step: Mapping[str, Sequence[Point]], rows: Sequence[float], box: Box) -> list[str]:
    left, top, right, bottom = box
    costs = [cost for points in by_step.values() for _, cost in points]
    low = math.floor(math.log10(min(costs)))
    high = max(low + 1, math.ceil(math.log10(max(costs))))

    def x(value: float) -> float:
        return left + (right - left) * log(value, (rows[0], rows[-1]))

    def y(value: float) -> float:
        return bottom - (bottom - top) * log(value, (10.0**low, 10.0**high))

    parts = [text(left, top - 16, f"{title}, by rows", "title")]
    for power in range(low, high + 1):
        tick = 10.0**power
        parts += [line(left, y(tick), right, y(tick)), text(left - 8, y(tick) + 4, f"{tick:,g}", anchor="end")]
    for number in rows:
        parts += [
            line(x(number), top, x(number), bottom),
            text(x(number), bottom + 16, f"{number:,.0f}", anchor="middle"),
        ]
    for colour, points in zip(COLOURS, by_step.values(), strict=True):
        parts += curve([(x(number), y(cost)) for number, cost in points], colour, dots=True)
    return parts


def main() -> None:
    """Draws the kept result."""
    kept = results.load("growth")
    if kept is None:
        raise SystemExit("nothing is kept: python -m benchmarks run growth")
    (subprocesses.ROOT / "docs" / "assets" / "growth.svg").write_text(svg(kept.figures))


if __name__ == "__main__":
    main()
