"""The drawing of what a run costs as its rows grow: places worked out by hand, and the page's own drawing."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.harness import results, subprocesses
from benchmarks.harness.figures import Figure
from benchmarks.pipelines.growth_plot import STEPS, svg

_SVG = "{http://www.w3.org/2000/svg}"


def test_a_cost_that_grows_as_the_rows_do_rises_by_a_decade_in_a_decade() -> None:
    used = {
        str(rows): {step: {"seconds": rows / 10, "cpu": 1.0, "memory": rows * 2**20, "written": 0} for step in STEPS}
        for rows in (100, 1000)
    }
    # What is not drawn: less than a hundredth of a MiB.
    for steps in used.values():
        steps["run"]["written"] = 2**20
    used["100"]["Trainer"]["written"] = 10 * 2**20
    root = ElementTree.fromstring(
        svg([Figure("growth_cpu", 1.0, "exponent of rows", None, "run", details={"rows": used})])
    )
    drawn = [each.get("points") for each in root.iter(f"{_SVG}polyline")]
    seconds, cpu, memory, written = (drawn[start : start + len(STEPS)] for start in range(0, len(drawn), len(STEPS)))
    # The first panel is 380 wide and 200 high, from 70 and 50 on; 10 to 100 seconds fill its height.
    assert seconds == ["70.0,250.0 450.0,50.0"] * len(STEPS)
    # A single cost lies on the axis.
    assert cpu == ["540.0,250.0 920.0,250.0"] * len(STEPS)
    assert memory == ["70.0,540.0 450.0,340.0"] * len(STEPS)
    assert written == ["540.0,540.0 920.0,540.0", "", "", "", "540.0,340.0", "", ""]
    shown = [each.text for each in root.iter(f"{_SVG}text")]
    assert shown[-len(STEPS) :] == list(STEPS)


def test_the_documentation_shows_the_kept_result() -> None:
    kept = results.load("growth")
    assert kept is not None
    assert (subprocesses.ROOT / "docs" / "assets" / "growth.svg").read_text() == svg(kept.figures)
