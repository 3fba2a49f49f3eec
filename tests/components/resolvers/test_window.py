"""Which spans a model is trained on, in a real store."""

from __future__ import annotations

from typing import Any

import pytest
from tfx.types import standard_artifacts

from widedeep.components.gate.component import DataVerdict
from widedeep.components.resolvers.window import LatestSpans, span_of


class Spans:
    """Ingested spans, and what the strategy makes of them."""

    def __init__(self, recorded: Any) -> None:
        self._recorded = recorded
        self.verdicts: list[Any] = []

    def ingested(self, span: int | None, passed: bool = True) -> Any:
        """As TFX's driver of ExampleGen marks its output; None where the data come in no spans."""
        made = standard_artifacts.Examples()
        if span is not None:
            made.mlmd_artifact.custom_properties["span"].int_value = span
        self._recorded.run("ExampleGen", {}, {"examples": [made]})
        statistics, verdict = standard_artifacts.ExampleStatistics(), DataVerdict()
        self._recorded.run("StatisticsGen", {"examples": [made]}, {"statistics": [statistics]})
        if passed:
            self._recorded.run("DataGate", {"statistics": [statistics]}, {"verdict": [verdict]})
            self.verdicts.append(verdict)
        return made

    def put_back(self, examples: Any) -> None:
        """The data are again what they were when these examples were made of them."""
        self._recorded.cached("ExampleGen", {}, {"examples": [examples]}, {})

    def transformed(self, examples: list[Any], span: int | None = None) -> Any:
        made = standard_artifacts.Examples()
        if span is not None:
            made.mlmd_artifact.custom_properties["span"].int_value = span
        self._recorded.run("Transform", {"examples": examples}, {"transformed_examples": [made]})
        return made

    def window(self, spans: int, current: Any, examples: list[Any]) -> list[int]:
        """Ids of the chosen artifacts, in their order."""
        given = {"current": [current], "examples": examples, "verdicts": self.verdicts}
        chosen = LatestSpans(spans).resolve_artifacts(self._recorded.store, given)
        assert chosen.keys() == given.keys()
        assert chosen["current"] == [current]
        return sorted(artifact.id for artifact in chosen["examples"])


@pytest.fixture
def spans(recorded: Any) -> Spans:
    return Spans(recorded)


def ids(*artifacts: Any) -> list[int]:
    return sorted(artifact.id for artifact in artifacts)


def test_the_span_is_what_the_driver_wrote(spans: Spans) -> None:
    """TFX's own property of that name stays 0."""
    assert [span_of(spans.ingested(span)) for span in (7, 0, None)] == [7, 0, 0]


@pytest.mark.parametrize("order", [1, -1])
def test_the_current_span_and_those_before_it(spans: Spans, order: int) -> None:
    days = [spans.ingested(day) for day in (1, 2, 3, 4)][::order]
    first, second, third, fourth = sorted(days, key=span_of)
    assert spans.window(2, fourth, days) == ids(third, fourth)
    assert spans.window(3, fourth, days) == ids(second, third, fourth)
    assert spans.window(1, fourth, days) == ids(fourth)
    assert spans.window(4, fourth, days) == ids(first, second, third, fourth)


def test_a_window_that_is_larger_than_what_there_is(spans: Spans) -> None:
    first, second = spans.ingested(1), spans.ingested(2)
    assert spans.window(7, second, [first, second]) == ids(first, second)
    assert spans.window(7, first, [first]) == ids(first)


def test_spans_need_not_follow_on_each_other(spans: Spans) -> None:
    days = [spans.ingested(day) for day in (19_000, 19_007, 19_021)]
    assert spans.window(2, days[2], days) == ids(*days[1:])


def test_later_spans_than_the_current_are_left_out(spans: Spans) -> None:
    """An earlier span is trained on again, as it was."""
    days = [spans.ingested(day) for day in (1, 2, 3, 4)]
    assert spans.window(2, days[2], days) == ids(days[1], days[2])


def test_a_span_that_the_gate_stopped_is_left_out(spans: Spans) -> None:
    first, second, third = spans.ingested(1), spans.ingested(2, passed=False), spans.ingested(3)
    assert spans.window(2, third, [first, second, third]) == ids(first, third)
    # Mended, it counts.
    mended = spans.ingested(2)
    assert spans.window(2, third, [first, second, third, mended]) == ids(mended, third)


def test_the_span_that_is_read_counts_before_its_verdict_is_there(spans: Spans) -> None:
    first, second = spans.ingested(1), spans.ingested(2, passed=False)
    assert spans.window(2, second, [first, second]) == ids(first, second)


def test_of_a_span_that_was_ingested_again_the_latest_counts(spans: Spans) -> None:
    old, first, second = spans.ingested(1), spans.ingested(1), spans.ingested(2)
    assert spans.window(2, second, [first, second, old]) == ids(first, second)
    assert spans.window(2, second, [old, first, second]) == ids(first, second)


def test_of_a_span_whose_data_were_put_back_those_count(spans: Spans) -> None:
    """They come from the cache: the artifact of the data that were taken back has the higher id."""
    good, bad = spans.ingested(1), spans.ingested(1)
    spans.put_back(good)
    second = spans.ingested(2)
    assert spans.window(2, second, [good, bad, second]) == ids(good, second)


def test_the_current_examples_count_even_where_later_ones_of_their_span_are_there(spans: Spans) -> None:
    """Data that were put back are found in the cache: by their artifact of then."""
    first, second, again = spans.ingested(1), spans.ingested(2), spans.ingested(2)
    assert spans.window(2, second, [first, second, again]) == ids(first, second)


def test_transformed_examples_are_not_taken(spans: Spans) -> None:
    first, second = spans.ingested(1), spans.ingested(2)
    transformed = [spans.transformed([first, second]), spans.transformed([first], span=1)]
    assert spans.window(3, second, [first, second, *transformed]) == ids(first, second)


def test_data_without_spans_are_one(spans: Spans) -> None:
    before, now = spans.ingested(None), spans.ingested(None)
    assert spans.window(3, now, [before, now]) == ids(now)
