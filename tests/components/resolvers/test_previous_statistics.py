"""Which span's statistics the newest are compared with, in a real store."""

from __future__ import annotations

from typing import Any

import pytest
from tfx.types import standard_artifacts

from widedeep.components.gate.component import DataVerdict
from widedeep.components.resolvers.previous_statistics import LastAcceptedStatistics


class Days:
    """Spans whose statistics were made, and mostly accepted."""

    def __init__(self, recorded: Any) -> None:
        self._recorded = recorded
        self.examples: list[Any] = []
        self.statistics: list[Any] = []
        self.verdicts: list[Any] = []

    def add(self, span: int, passed: bool = True) -> Any:
        """The statistics of a span."""
        examples, statistics = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
        examples.mlmd_artifact.custom_properties["span"].int_value = span
        self._recorded.run("ExampleGen", {}, {"examples": [examples]})
        self._recorded.run("StatisticsGen", {"examples": [examples]}, {"statistics": [statistics]})
        self.examples.append(examples)
        self.statistics.append(statistics)
        if passed:
            verdict = DataVerdict()
            # It read other statistics too: those that it compared with.
            reads = {"statistics": [statistics], "previous": self.statistics[:1]}
            self._recorded.run("DataGate", reads, {"verdict": [verdict]})
            self.verdicts.append(verdict)
        return statistics

    def before(self, number: int) -> list[int]:
        """Ids of what the examples of that number are compared with."""
        given = {
            "current": [self.examples[number]],
            "examples": self.examples,
            "statistics": self.statistics,
            "verdicts": self.verdicts,
        }
        statistics = LastAcceptedStatistics().resolve_artifacts(self._recorded.store, given)
        assert statistics.keys() == given.keys()
        return [artifact.id for artifact in statistics["statistics"]]


@pytest.fixture
def days(recorded: Any) -> Days:
    return Days(recorded)


def test_the_first_span_has_nothing_before_it(days: Days) -> None:
    days.add(1)
    assert days.before(0) == []


def test_the_nearest_earlier_span_counts(days: Days) -> None:
    # Day 2 came in late.
    made = {span: days.add(span) for span in (1, 3, 2, 4)}
    assert days.before(3) == [made[3].id]
    assert days.before(1) == [made[2].id]


def test_a_span_that_was_stopped_is_nothing_to_compare_with(days: Days) -> None:
    first = days.add(1)
    days.add(2, passed=False)
    days.add(3)
    assert days.before(2) == [first.id]


def test_of_a_span_that_passed_twice_the_later_counts(days: Days) -> None:
    days.add(1)
    again = days.add(1)
    days.add(2)
    assert days.before(2) == [again.id]


def test_data_without_spans_have_nothing_before_them(days: Days) -> None:
    days.add(0)
    days.add(0)
    assert days.before(1) == []


def test_of_a_span_whose_data_were_put_back_those_count(days: Days, recorded: Any) -> None:
    """They come from the cache: the artifacts of the data that were taken back have the higher ids."""
    good = days.add(1)
    days.add(1)
    recorded.cached("ExampleGen", {}, {"examples": days.examples[:1]}, {})
    days.add(2)
    assert days.before(2) == [good.id]
