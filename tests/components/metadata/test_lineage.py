"""What an artifact was made from, in a real store."""

from __future__ import annotations

from typing import Any

import pytest
from tfx.types import standard_artifacts

from widedeep.components.metadata.lineage import is_outcome_of, producer_type

A, B = {"features": "a"}, {"features": "b"}


def examples() -> Any:
    made = standard_artifacts.Examples()
    made.uri = "examples"
    return made


def model() -> Any:
    made = standard_artifacts.Model()
    made.uri = "model"
    return made


@pytest.fixture
def spans(recorded: Any) -> list[Any]:
    """The ingested examples of three spans."""
    made = [examples() for _ in range(3)]
    for span in made:
        recorded.run("ExampleGen", {}, {"examples": [span]})
    return made


def test_equal_settings_and_inputs(recorded: Any, spans: list[Any]) -> None:
    made = model()
    recorded.run("Trainer", {"examples": spans[:2]}, {"model": [made]}, A)
    first, second, third = (span.id for span in spans)
    assert is_outcome_of(recorded.store, made.id, A, {first, second})
    assert is_outcome_of(recorded.store, made.id, {"features": "a"}, {second})
    assert not is_outcome_of(recorded.store, made.id, B, {first, second})
    assert not is_outcome_of(recorded.store, made.id, A, {second, third})
    assert not is_outcome_of(recorded.store, made.id, {**A, "code": "1"}, {first, second})
    # What it made is no input of it.
    assert not is_outcome_of(recorded.store, made.id, A, {first, made.id})


def test_what_was_found_in_the_cache_is_made_by_that_run_too(recorded: Any, spans: list[Any]) -> None:
    """A later run with other inputs beside the examples may have found the same artifact."""
    made = model()
    recorded.run("Trainer", {"examples": spans[:1]}, {"model": [made]}, A)
    assert not is_outcome_of(recorded.store, made.id, A, {spans[1].id})
    recorded.cached("Trainer", {"examples": spans[1:2]}, {"model": [made]}, A)
    assert is_outcome_of(recorded.store, made.id, A, {spans[1].id})
    assert is_outcome_of(recorded.store, made.id, A, {spans[0].id})


def test_who_only_reads_it_or_hands_it_on_has_not_made_it(recorded: Any, spans: list[Any]) -> None:
    made, trained = model(), model()
    recorded.run("Trainer", {"examples": spans[:1]}, {"model": [made]}, A)
    recorded.handed_on("BaseModel", {"model": [made]})
    recorded.run("Trainer", {"examples": spans[1:2], "base_model": [made]}, {"model": [trained]}, B)
    assert not is_outcome_of(recorded.store, made.id, B, {spans[1].id})
    assert is_outcome_of(recorded.store, trained.id, B, {spans[1].id})


def test_nothing_made_it(recorded: Any, spans: list[Any]) -> None:
    assert not is_outcome_of(recorded.store, 999, A, {spans[0].id})
    assert producer_type(recorded.store, 999) is None


def test_an_execution_without_settings_is_no_match(recorded: Any, spans: list[Any]) -> None:
    made = model()
    recorded.run("Importer", {"examples": spans[:1]}, {"model": [made]})
    assert not is_outcome_of(recorded.store, made.id, A, {spans[0].id})


def test_the_maker_is_a_kind_of_node(recorded: Any, spans: list[Any]) -> None:
    transformed = examples()
    # A Resolver's hand comes before or after: it makes nothing.
    recorded.run("Transform", {"examples": spans[:1]}, {"transformed_examples": [transformed]}, A)
    recorded.handed_on("Window", {"examples": [spans[0], transformed]})
    kinds = [producer_type(recorded.store, artifact.id) for artifact in (*spans, transformed)]
    assert kinds[0] == kinds[1] == kinds[2] != kinds[3]
    types = {kind.name: kind.id for kind in recorded.store.get_execution_types()}
    assert (kinds[0], kinds[3]) == (types["ExampleGen"], types["Transform"])
