"""The executions of one node in one run, by the metadata alone: no TFX is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import WideDeepError

Execution = metadata_store_pb2.Execution
_WELL = (Execution.COMPLETE, Execution.CACHED)
_OPEN = (Execution.NEW, Execution.RUNNING)


@dataclass(frozen=True)
class Node:
    """One node of one run of a pipeline."""

    pipeline: str
    run: str
    id: str

    def executions(self, store: Any) -> list[metadata_store_pb2.Execution]:
        """All attempts, the oldest first."""
        found: dict[int, Any] | None = None
        for kind, name in (("pipeline_run", self.run), ("node", f"{self.pipeline}.{self.id}")):
            context = store.get_context_by_type_and_name(kind, name)
            if context is None:
                return []
            here = {one.id: one for one in store.get_executions_by_context(context.id)}
            found = here if found is None else {number: one for number, one in found.items() if number in here}
        assert found is not None
        return [found[number] for number in sorted(found)]

    def finished(self, store: Any) -> metadata_store_pb2.Execution | None:
        """The attempt that ended well; None where there is none yet."""
        well = [one for one in self.executions(store) if one.last_known_state in _WELL]
        return well[-1] if well else None

    def close_left(self, store: Any) -> list[int]:
        """Marks what killed attempts left as running as failed, and returns their ids.

        Their output folders stay as they are: the next attempt has others, so that it never finds half a result.
        """
        left = [one for one in self.executions(store) if one.last_known_state in _OPEN]
        for one in left:
            one.last_known_state = Execution.FAILED
        if left:
            store.put_executions(left)
        return [one.id for one in left]


def state_of(store: Any, execution_id: int) -> str:
    """The state of an execution, by its id."""
    [execution] = store.get_executions_by_id([execution_id])
    return state(execution)


def finished_nodes(store: Any, pipeline: str, run: str) -> dict[str, metadata_store_pb2.Execution]:
    """By its id, the attempt at each node of a run that ended well, in the order in which these started."""
    nodes = set()
    for execution in store.get_executions_by_context(store.get_context_by_type_and_name("pipeline_run", run).id):
        kinds = {
            store.get_context_types_by_id([context.type_id])[0].name: context
            for context in store.get_contexts_by_execution(execution.id)
        }
        nodes.add(kinds["node"].name.removeprefix(f"{pipeline}."))
    ended = {name: Node(pipeline, run, name).finished(store) for name in nodes}
    well = [(name, execution) for name, execution in ended.items() if execution is not None]
    return dict(sorted(well, key=lambda item: int(item[1].id)))


def state(execution: metadata_store_pb2.Execution) -> str:
    """COMPLETE, CACHED, FAILED and so on."""
    return str(Execution.State.Name(execution.last_known_state))


def missing(store: Any, node: Node, upstream: list[str]) -> WideDeepError:
    """The error of a node whose inputs are not there."""
    waiting = [one for one in upstream if Node(node.pipeline, node.run, one).finished(store) is None]
    if not waiting:
        return WideDeepError(
            f"{node.id} can't start: its inputs are not in the metadata, though every node before it ended well in run "
            f"{node.run}. The settings in the image are not those that the run was compiled from: compile it again."
        )
    return WideDeepError(
        f"{node.id} can't start: its inputs are missing. In run {node.run}, {', '.join(waiting)} "
        f"{'has' if len(waiting) == 1 else 'have'} not ended well. Run that first, or compile the pipeline again if it "
        "has no such step."
    )
