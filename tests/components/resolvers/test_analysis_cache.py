"""Which analysis Transform starts from, in a real store."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tfx.types import standard_artifacts

from widedeep.components.resolvers.analysis_cache import LatestOtherAnalysis

A, B = {"features": "a", "code": "1"}, {"features": "b", "code": "1"}


class Analyses:
    """Analyses of ingested spans, and which one the strategy chooses."""

    def __init__(self, recorded: Any) -> None:
        self._recorded = recorded
        self.all: list[Any] = []

    def ingested(self) -> Any:
        made = standard_artifacts.Examples()
        self._recorded.run("ExampleGen", {}, {"examples": [made]})
        return made

    def analysed(self, examples: list[Any], settings: dict[str, Any] = A) -> Any:
        made, read = standard_artifacts.TransformCache(), {"examples": examples}
        before = self.chosen(examples, settings)
        self._recorded.run("Transform", read | {"analyzer_cache": before}, {"updated_analyzer_cache": [made]}, settings)
        self.all.append(made)
        return made

    def chosen(self, examples: list[Any], settings: dict[str, Any] = A) -> list[Any]:
        strategy = LatestOtherAnalysis(json.dumps(settings))
        orders = [
            strategy.resolve_artifacts(self._recorded.store, {"examples": examples, "cache": caches})
            for caches in (self.all, self.all[::-1])
        ]
        assert orders[0] == orders[1]
        assert orders[0].keys() == {"examples", "cache"}
        assert orders[0]["examples"] == examples
        return orders[0]["cache"]


@pytest.fixture
def analyses(recorded: Any) -> Analyses:
    return Analyses(recorded)


def test_the_first_analysis_starts_from_nothing(analyses: Analyses) -> None:
    assert analyses.chosen([analyses.ingested()]) == []


def test_the_same_analysis_again_gets_what_it_got(analyses: Analyses) -> None:
    """Else a run that repeats another would miss TFX's cache for ever."""
    monday, tuesday, wednesday = (analyses.ingested() for _ in range(3))
    first = analyses.analysed([monday])
    assert analyses.chosen([monday]) == []
    second = analyses.analysed([monday, tuesday])
    assert analyses.chosen([monday, tuesday]) == [first]
    analyses.analysed([tuesday, wednesday])
    assert analyses.chosen([tuesday, wednesday]) == [second]


def test_the_latest_of_others_counts(analyses: Analyses) -> None:
    first, second, third = (analyses.ingested() for _ in range(3))
    analyses.analysed([first])
    latest = analyses.analysed([first, second])
    assert analyses.chosen([second, third]) == [latest]


def test_an_analysis_of_the_same_spans_with_other_settings_is_another(analyses: Analyses) -> None:
    """Its entries serve where the settings' difference lies elsewhere; TFT compares them one by one."""
    first = analyses.ingested()
    before = analyses.analysed([first], A)
    assert analyses.chosen([first], B) == [before]
