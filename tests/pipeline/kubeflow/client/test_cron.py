"""Cron expressions that the backend takes, and that come."""

from __future__ import annotations

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.kubeflow.client.cron import check_cron


@pytest.mark.parametrize("text", ["0 0 3 * * *", "0 0 9 ? * 2-6", "0  */15 * * * *"])
def test_cron_of_six_fields(text: str) -> None:
    assert check_cron(text).split() == text.split()


@pytest.mark.parametrize("text", ["0 3 * * *", "", "0 0 3 * * * *", "0 0 3 * * $(x)"])
def test_other_cron_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="needs six fields: second, minute, hour"):
        check_cron(text)


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("0 0 3 31 2 *", "2", "31"),
        ("0 0 3 30 FEB ?", "FEB", "30"),
        ("0 0 3 31 4,6,9,11 *", "4,6,9,11", "31"),
        ("0 0 3 31 4-6/2 *", "4-6/2", "31"),
        ("0 0 3 30-31 2 *", "2", "30-31"),
    ],
)
def test_a_day_that_no_month_has_is_refused(text: str, months: str, days: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_cron(text)
    assert str(caught.value) == f"--cron '{text}': never comes: no month of {months} has a day {days}."


@pytest.mark.parametrize(
    "text",
    [
        "0 0 3 29 2 *",  # in leap years
        "0 0 3 31 2,3 *",
        "0 0 3 28-31 2 *",
        "0 0 3 31 2 1",  # or a Monday
        "0 0 3 L 2 *",  # the backend's to read
        "0 0 3 */31 2 *",
        "0 0 3 31 JAN-MAR *",
    ],
)
def test_days_that_come_are_let_through(text: str) -> None:
    assert check_cron(text) == text
