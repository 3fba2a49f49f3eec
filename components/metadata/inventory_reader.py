"""Reads what the metadata say of one working directory, or of one pipeline's part of a store that several share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.inventory import Inventory
from widedeep.components.metadata.store import Artifact, Store


def read_inventory(store: Store, root: str | None = None) -> Inventory:
    """Reads the metadata of a working directory.

    Args:
        store: ML Metadata's.
        root: of a store that several pipelines share, the folder of the artifacts that are meant, with the runs of the
            pipelines that made them; None where all of it is one working directory's.
    """
    type_names = {artifact_type.id: artifact_type.name for artifact_type in store.get_artifact_types()}
    artifacts = {artifact.id: artifact for artifact in store.get_artifacts() if root is None or _is_in(artifact, root)}
    contexts = _in_order(store.get_contexts_by_type("pipeline_run"))
    runs = {run: list(store.get_executions_by_context(run.id)) for run in map(_Run.of, contexts)}
    if root is not None:
        own = {
            execution.id
            for context in _pipelines(store, root)
            for execution in store.get_executions_by_context(context.id)
        }
        runs = {run: executions for run, executions in runs.items() if own & {execution.id for execution in executions}}
    return Inventory(
        store,
        artifacts,
        {id_: type_names[artifact.type_id] for id_, artifact in artifacts.items()},
        {run.name: executions for run, executions in runs.items()},
        {run.name: run.started for run in runs},
    )


def nodes_of(store: Store, root: str) -> list[str]:
    """The nodes of the pipelines whose artifacts lie in a folder, each as PIPELINE.NODE."""
    prefixes = tuple(f"{context.name}." for context in _pipelines(store, root))
    names = [context.name for context in store.get_contexts_by_type("node")]
    return sorted(name for name in names if name.startswith(prefixes))


def _pipelines(store: Store, root: str) -> list[metadata_store_pb2.Context]:
    """The pipelines, some artifacts of which lie in a folder."""
    return [
        context
        for context in store.get_contexts_by_type("pipeline")
        if any(_is_in(artifact, root) for artifact in store.get_artifacts_by_context(context.id))
    ]


def _is_in(artifact: Artifact, root: str) -> bool:
    return PurePosixPath(artifact.uri).is_relative_to(root)


class _Run(NamedTuple):
    id: int
    name: str
    started: int

    @classmethod
    def of(cls, context: metadata_store_pb2.Context) -> _Run:
        return cls(context.id, context.name, context.create_time_since_epoch)


def _in_order(runs: Iterable[metadata_store_pb2.Context]) -> list[metadata_store_pb2.Context]:
    """By the time at which they began; a cluster's names say nothing of it."""
    return sorted(runs, key=lambda run: (run.create_time_since_epoch, str(run.name)))
