"""What the metadata says of a node in a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.executions import Node, missing_inputs, state

Execution = metadata_store_pb2.Execution
Execute = Callable[..., int]


def node(name: str, run: str = "r1") -> Node:
    return Node("p", run, name)


def test_nothing_is_known_of_an_empty_database(store: Any) -> None:
    assert node("A").executions(store) == []
    assert node("A").success(store) is None
    assert node("A").fail_abandoned(store) == []


def test_an_attempt_counts_for_its_own_node_and_run(store: Any, execute: Execute) -> None:
    execute("r1", "A", Execution.FAILED)
    good = execute("r1", "A", Execution.COMPLETE)
    execute("r1", "A", Execution.FAILED)
    cached = execute("r2", "A", Execution.CACHED)
    execute("r1", "B", Execution.RUNNING)
    execution = node("A").success(store)
    assert execution is not None
    assert (execution.id, state(execution)) == (good, "COMPLETE")
    execution = node("A", "r2").success(store)
    assert execution is not None
    assert (execution.id, state(execution)) == (cached, "CACHED")
    assert node("B").success(store) is None
    assert len(node("A").executions(store)) == 3


def test_what_was_left_running_is_closed(store: Any, execute: Execute) -> None:
    left = [execute("r1", "A", Execution.RUNNING), execute("r1", "A", Execution.NEW)]
    done = execute("r1", "A", Execution.COMPLETE)
    others = [execute("r2", "A", Execution.RUNNING), execute("r1", "B", Execution.RUNNING)]
    assert node("A").fail_abandoned(store) == left
    states = {execution.id: state(execution) for execution in store.get_executions()}
    assert states == {**dict.fromkeys(left, "FAILED"), done: "COMPLETE", **dict.fromkeys(others, "RUNNING")}
    assert node("A").fail_abandoned(store) == []


def test_an_error_that_no_other_attempt_mends_is_kept_for_its_node_and_run(store: Any, execute: Execute) -> None:
    node("A").mark_final(store, "nobody tried")
    assert node("A").final_error(store) is None
    execute("r1", "A", Execution.FAILED)
    execute("r1", "B", Execution.FAILED)
    execute("r2", "A", Execution.FAILED)
    node("A").mark_final(store, "wrong settings")
    assert node("A").final_error(store) == "wrong settings"
    assert node("B").final_error(store) is node("A", "r2").final_error(store) is None


def test_an_attempt_that_still_runs_is_not_marked(store: Any, execute: Execute) -> None:
    execute("r1", "A", Execution.RUNNING)
    node("A").mark_final(store, "wrong settings")
    assert node("A").final_error(store) is None


def test_missing_inputs_name_the_nodes_that_did_not_end_well(store: Any, execute: Execute) -> None:
    execute("r1", "A", Execution.COMPLETE)
    execute("r1", "B", Execution.FAILED)
    told = str(missing_inputs(store, node("D"), ["A", "B", "C"]))
    assert told.startswith("D can't start: its inputs are missing. In run r1, B, C have not ended well. Run that first")
    assert "In run r1, B has not ended well" in str(missing_inputs(store, node("D"), ["B"]))
    assert "though every node before it ended well in run r1" in str(missing_inputs(store, node("D"), ["A"]))
