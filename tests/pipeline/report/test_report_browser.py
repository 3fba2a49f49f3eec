"""The report in a real browser: nothing on its console, every chart drawn, no scrolling sideways on a phone."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from widedeep.pipeline import report

# The report allows no scripts, so a page around it looks into its frame.
OUTER = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<iframe src="report.html" style="border: 0; width: {width}px; height: 800px"></iframe><pre></pre>
<script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const size = (element) => {{ const box = element.getBoundingClientRect(); return [box.width, box.height]; }};
  document.querySelector("pre").textContent = JSON.stringify({{
    width: page.documentElement.clientWidth,
    scroll: page.documentElement.scrollWidth,
    charts: [...page.querySelectorAll("svg.chart")].map(size),
    lines: [...page.querySelectorAll("svg.chart polyline")].map(size),
    whiskers: [...page.querySelectorAll("svg.chart line.whisker")].map(size),
    cells: [...page.querySelectorAll("svg.cell")].map(size),
    dots: [...page.querySelectorAll("svg.chart circle")].map(size),
    bars: [...page.querySelectorAll("svg.chart rect")].map(size),
    colour: page.defaultView.getComputedStyle(page.body).backgroundColor,
  }});
}};
</script>"""


@dataclass
class Seen:
    """What the page around measured, and what Chromium wrote on the console."""

    measured: dict[str, Any]
    console: list[str]


@pytest.fixture(scope="module")
def chromium() -> str:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium")
    return browser


@pytest.fixture
def look(chromium: str, tmp_path: Path) -> Callable[..., Seen]:
    """Shows a text as report.html in a window of some width."""

    def show(text: str, width: int, *flags: str) -> Seen:
        (tmp_path / "report.html").write_text(text, encoding="utf-8")
        (tmp_path / "outer.html").write_text(OUTER.format(width=width), encoding="utf-8")
        # Script access from file to file is off by default.
        switches = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            "--hide-scrollbars",
            "--window-size=1300,900",
            "--dump-dom",
        ]
        done = subprocess.run(
            [
                chromium,
                *switches,
                f"--user-data-dir={tmp_path / 'profile'}",
                *flags,
                (tmp_path / "outer.html").as_uri(),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        measured = re.search(r"<pre>(\{.*?\})</pre>", done.stdout, re.DOTALL)
        assert measured, f"Chromium ended with {done.returncode}:\n{done.stdout[-500:]}\n{done.stderr[-2000:]}"
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return Seen(json.loads(html.unescape(measured[1])), console)

    return show


@pytest.mark.parametrize("width", [360, 1200])
def test_everything_is_drawn(look, summary, record, width):
    """All rows and 2 slices, loss and AUC, 4 components are 9 charts; loss has 2 lines, AUC 1."""
    record.slices["a_rather_long_name_of_a_feature=with a value that is even longer"] = record.slices.pop("hour=1")
    record.warnings.append("https://example.com/" + "a" * 200)
    seen = look(report.render(summary(record)), width)
    assert seen.console == []
    assert seen.measured["width"] == width
    assert seen.measured["scroll"] <= width
    assert len(seen.measured["charts"]) == 9
    assert all(wide > 50 and high >= 10 for wide, high in seen.measured["charts"])
    assert len(seen.measured["lines"]) == 3
    assert all(wide > 100 for wide, _ in seen.measured["lines"])
    assert len(seen.measured["bars"]) == 4
    # Of 2 epochs: train and eval loss, AUC; beside the 3 rows of slices.
    assert len(seen.measured["dots"]) == 3 * 2 + 3
    assert all(size[0] > 4 for size in seen.measured["dots"])


@pytest.mark.parametrize("width", [320, 1200])
def test_everything_that_a_record_may_hold_is_drawn(look, summary, full, width):
    """Beside the 9 of above: ROC, precision and calibration with 2 lines each, 2 of drift, 2 of weight; and the
    candidate's line of calibration has 3 whiskers, 2 slices and all rows one each where they are known.
    """
    seen = look(report.render(summary(full)), width)
    assert seen.console == []
    assert seen.measured["scroll"] <= width
    assert len(seen.measured["charts"]) == 9 + 3 + 2 + 2
    assert all(wide > 50 and high >= 10 for wide, high in seen.measured["charts"])
    assert len(seen.measured["lines"]) == 3 + 6
    assert all(wide > 80 for wide, _ in seen.measured["lines"])
    # A bar of drift lies on another.
    assert len(seen.measured["bars"]) == 4 + 2 * 2 + 2
    assert len(seen.measured["whiskers"]) == 3 + 2
    assert all(max(size) > 3 for size in seen.measured["whiskers"])


@pytest.mark.parametrize("width", [320, 1200])
def test_classes_are_shaded(look, summary, record, width):
    """3 classes and what is taken for others: 12 cells, beside loss and accuracy, and calibration."""
    shares = [[0.5, 0.25, 0.25, 0.0]] * 3
    confusion = {"classes": [0, 1, 2], "rows": [5, 6, 7], "shares": shares}
    record.plots = {"models": {"candidate": {"confusion": confusion, "calibration": []}}}
    seen = look(report.render(summary(record)), width)
    assert seen.console == []
    assert seen.measured["scroll"] <= width
    assert len(seen.measured["cells"]) == 12
    assert all(wide > 40 and high > 20 for wide, high in seen.measured["cells"])


def test_light_and_dark(look, summary, record):
    text = report.render(summary(record))
    assert look(text, 360, "--blink-settings=preferredColorScheme=1").measured["colour"] == "rgb(253, 253, 252)"
    assert look(text, 360, "--blink-settings=preferredColorScheme=0").measured["colour"] == "rgb(22, 24, 27)"


def test_a_script_would_show_on_the_console(look, summary, record):
    """What the tests above rest on: the policy stops scripts, and the console is read."""
    seen = look(report.render(summary(record)).replace("</main>", "<script>console.log('ran')</script></main>"), 360)
    assert any("Content Security Policy" in line for line in seen.console), seen.console
    assert not any('"ran"' in line for line in seen.console)


def test_a_line_too_long_would_scroll(look, summary, record):
    text = report.render(summary(record)).replace(
        "</main>", '<p style="white-space: nowrap">' + "wide " * 100 + "</p></main>"
    )
    assert look(text, 360).measured["scroll"] > 360
