"""Shares by day as lines, and a page of them. Places: x from 46 to 346, y from 210 to 14."""

from __future__ import annotations

import re

from widedeep.pipeline.report.chart_page import chart_page
from widedeep.pipeline.report.charts import day_chart

SHARES = {"few": [0.1, 0.1], "the model": [0.1, 0.15], "all & more": [0.2, 0.2]}


def test_each_who_ranks_has_a_line_from_the_first_day_on() -> None:
    chart = day_chart("Installs", SHARES, first=2)
    assert [line.look for line in chart.lines] == ["dotted", "solid", "dashed"]
    # From 0.1 at the floor to 0.2 at the top.
    assert [line.parts for line in chart.lines] == [["46,210 346,210"], ["46,210 346,112"], ["46,14 346,14"]]
    assert [tick.label for tick in chart.x.ticks] == ["2", "3"]
    assert [dot.tip for dot in chart.lines[1].dots] == ["the model, day 2: 0.1000", "the model, day 3: 0.1500"]
    assert chart.text == "few: 0.1000, 0.1000; the model: 0.1000, 0.1500; all & more: 0.2000, 0.2000."


def test_a_page_has_its_title_facts_and_charts_and_loads_nothing() -> None:
    page = chart_page("The <loop>", ["2 days", "a & b"], [day_chart("Installs", SHARES)])
    assert "<h1>The &lt;loop&gt;</h1>" in page
    assert '<p class="facts"><span>2 days</span> <span>a &amp; b</span>' in page
    assert page.count("<polyline") == 3
    assert "all &amp; more" in page
    assert re.findall(r"(?:src|href)=|url\(|<script", page) == []
    assert page.startswith("<!DOCTYPE html>")
