"""The report's section on crosses, and what the terminal says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from widedeep.components.trainer.training.cross_use import use
from widedeep.pipeline.report.terminal import show

HOSTILE = "<script>alert('x')</script>{{ 7 * 7 }}"


def test_crosses(page, record):
    shown = page(record)
    assert shown.rows("crosses") == [
        ["Cross", "Buckets", "Used", "Fill", "Combinations", "Collide"],
        ["day_x_hour", "1,000", "300", "30 %", "≈ 357", "30 %"],
        ["user_x_area too small", "10,000", "10,000", "100 %", "≥ 92,100", "> 99 %"],
    ]
    assert [item.text for item in shown.part("crosses").iter("li")] == ["cross user_x_area: raise its buckets."]


def test_no_warning_no_list(page, record):
    shown = page(replace(record, crosses=record.crosses[:1]))
    assert list(shown.part("crosses").iter("ul")) == []
    assert "too small" not in shown.text("crosses")


def test_a_model_without_crosses_has_no_section(page, record):
    assert not page(replace(record, crosses=[])).has("crosses")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.9999, "> 99 %"), (1.0, "100 %")],
)
def test_none_and_all_are_said_only_of_none_and_all(page, record, share, text):
    crosses = [record.crosses[0] | {"fill": share}]
    assert page(replace(record, crosses=crosses)).rows("crosses")[1][3] == text


def test_names_are_escaped(page, record):
    crosses = [record.crosses[1] | {"name": HOSTILE, "warning": HOSTILE}]
    shown = page(replace(record, crosses=crosses))
    assert shown.rows("crosses")[1][0] == f"{HOSTILE} too small"
    assert [item.text for item in shown.part("crosses").iter("li")] == [HOSTILE]
    assert not list(shown.root.iter("script"))


def test_the_terminal_repeats_the_warnings_of_crosses(record, summary, capsys):
    cross = use("user_x_area", 100, 90)
    crosses = [record.crosses[0], cross.model_dump()]
    show(summary(replace(record, warnings=["fare: 12 % missing"], crosses=crosses)))
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: ")]
    assert told == ["warning: fare: 12 % missing", f"warning: {cross.warning}"]
