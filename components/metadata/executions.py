"""The executions of one node in one run, by the metadata alone: no TFX is imported."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.common.errors import WideDeepError
from widedeep.components.metadata.store import Execution, Store

_WELL = (Execution.COMPLETE, Execution.CACHED)
_OPEN = (Execution.NEW, Execution.RUNNING)
# The property of an attempt that failed for what no other attempt finds otherwise: its error.
_FINAL_ERROR = "final_error"


@dataclass(frozen=True)
class Node:
    """One node of one run of a pipeline."""

    pipeline: str
    run: str
    id: str

    def executions(self, store: Store) -> list[Execution]:
        """All attempts, the oldest first."""
        attempts: dict[int, Execution] | None = None
        for kind, name in (("pipeline_run", self.run), ("node", f"{self.pipeline}.{self.id}")):
            context = store.get_context_by_type_and_name(kind, name)
            if context is None:
                return []
            members = {execution.id: execution for execution in store.get_executions_by_context(context.id)}
            attempts = members if attempts is None else {id_: attempts[id_] for id_ in attempts.keys() & members.keys()}
        assert attempts is not None
        return [attempts[id_] for id_ in sorted(attempts)]

    def success(self, store: Store) -> Execution | None:
        """The attempt that ended well; None where there is none yet."""
        successes = [execution for execution in self.executions(store) if execution.last_known_state in _WELL]
        return successes[-1] if successes else None

    def fail_abandoned(self, store: Store) -> list[int]:
        """Marks what killed attempts left as running as failed, and returns their ids.

        Their output folders stay as they are: the next attempt has others, so that it never finds half a result.
        """
        abandoned = [execution for execution in self.executions(store) if execution.last_known_state in _OPEN]
        for execution in abandoned:
            execution.last_known_state = Execution.FAILED
        if abandoned:
            store.put_executions(abandoned)
        return [execution.id for execution in abandoned]

    def final_error(self, store: Store) -> str | None:
        """The error of an attempt that no other attempt would mend; None where there was none."""
        errors = [
            execution.custom_properties[_FINAL_ERROR].string_value
            for execution in self.executions(store)
            if _FINAL_ERROR in execution.custom_properties
        ]
        return errors[-1] if errors else None

    def mark_final(self, store: Store, error: str) -> None:
        """Notes that the last attempt failed for good; nothing where none had come to do anything."""
        attempts = self.executions(store)
        if attempts and attempts[-1].last_known_state == Execution.FAILED:
            attempts[-1].custom_properties[_FINAL_ERROR].string_value = error
            store.put_executions([attempts[-1]])


def state_of(store: Store, execution_id: int) -> str:
    """The state of an execution, by its id."""
    [execution] = store.get_executions_by_id([execution_id])
    return state(execution)


def successes(store: Store, pipeline: str, run: str) -> dict[str, Execution]:
    """By its id, the attempt at each node of a run that ended well, in the order in which these started."""
    nodes = set()
    for execution in store.get_executions_by_context(store.get_context_by_type_and_name("pipeline_run", run).id):
        contexts = {
            store.get_context_types_by_id([context.type_id])[0].name: context
            for context in store.get_contexts_by_execution(execution.id)
        }
        nodes.add(contexts["node"].name.removeprefix(f"{pipeline}."))
    executions = {node: Node(pipeline, run, node).success(store) for node in nodes}
    ended_well = [(node, execution) for node, execution in executions.items() if execution is not None]
    return dict(sorted(ended_well, key=lambda item: int(item[1].id)))


def state(execution: Execution) -> str:
    """COMPLETE, CACHED, FAILED and so on."""
    return str(Execution.State.Name(execution.last_known_state))


def missing_inputs(store: Store, node: Node, upstream: list[str]) -> WideDeepError:
    """The error of a node whose inputs are not there."""
    waiting = [name for name in upstream if Node(node.pipeline, node.run, name).success(store) is None]
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


def pipelines(store: Store) -> list[str]:
    """The names of the pipelines that have run."""
    return sorted(context.name for context in store.get_contexts_by_type("pipeline"))


def runs(store: Store) -> list[str]:
    """The ids of all pipelines' runs."""
    return [context.name for context in store.get_contexts_by_type("pipeline_run")]
