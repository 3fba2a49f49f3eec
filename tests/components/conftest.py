"""A real ML Metadata store, written as TFX's launcher writes it; and what a step hands over to Beam."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class Recorded:
    """Executions of a pipeline's nodes, through the functions that the launcher calls."""

    def __init__(self, handle: Any) -> None:
        from tfx.orchestration.portable.mlmd import context_lib

        self.handle, self.store = handle, handle.store
        self._context = context_lib.register_context_if_not_exists(handle, "pipeline", "movielens")

    def run(
        self,
        node: str,
        reads: dict[str, list[Any]],
        makes: dict[str, list[Any]],
        settings: dict[str, Any] | None = None,
    ) -> None:
        """A node that ran; `makes` are new artifacts, which get their ids."""
        from tfx.orchestration.portable import execution_publish_utils

        execution = self._registered(node, reads, settings)
        written, _ = execution_publish_utils.publish_succeeded_execution(
            self.handle, execution.id, [self._context], makes
        )
        for key, artifacts in makes.items():
            for artifact, published in zip(artifacts, written[key], strict=True):
                artifact.set_mlmd_artifact(published.mlmd_artifact)

    def cached(
        self, node: str, reads: dict[str, list[Any]], outputs: dict[str, list[Any]], settings: dict[str, Any]
    ) -> None:
        """A node whose outcome was found in the cache."""
        from tfx.orchestration.portable import execution_publish_utils

        execution = self._registered(node, reads, settings)
        execution_publish_utils.publish_cached_executions(self.handle, [self._context], [execution], [outputs])

    def handed_on(self, node: str, artifacts: dict[str, list[Any]]) -> None:
        """A Resolver, which makes nothing."""
        from tfx.orchestration.portable import execution_publish_utils

        execution = self._registered(node, {}, None)
        execution_publish_utils.publish_internal_execution(self.handle, [self._context], execution.id, artifacts)

    def _registered(self, node: str, reads: dict[str, list[Any]], settings: dict[str, Any] | None) -> Any:
        from ml_metadata.proto import metadata_store_pb2
        from tfx.orchestration.portable import execution_publish_utils

        return execution_publish_utils.register_execution(
            self.handle,
            metadata_store_pb2.ExecutionType(name=node),
            [self._context],
            reads,
            # As a compiled node holds it.
            {"custom_config": json.dumps(settings)} if settings is not None else {},
        )


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    """An empty store in a SQLite file."""
    from tfx.orchestration import metadata

    with metadata.Metadata(metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))) as handle:
        yield Recorded(handle)


class _HandedOverError(Exception):
    """In the place of a pipeline's run."""


@pytest.fixture
def is_spread(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object], str], bool]:
    """Whether a transform of the first pipeline that some work hands over to Beam reads what a shuffle has spread.

    Nothing runs. Without a shuffle before it, a cluster's runner reads all files in one task.
    """
    import apache_beam as beam
    from apache_beam.portability import common_urns
    from apache_beam.portability.api import beam_runner_api_pb2

    def call(work: Callable[[], object], reader: str) -> bool:
        graphs = []

        def hand_over(pipeline: beam.Pipeline, *_: Any, **__: Any) -> None:
            graphs.append(pipeline.to_runner_api())
            raise _HandedOverError

        with monkeypatch.context() as patch:
            patch.setattr(beam.Pipeline, "run", hand_over)
            with pytest.raises(_HandedOverError):
                work()
        transforms = graphs[0].components.transforms.values()
        [reading] = [each for each in transforms if each.unique_name == reader]
        shuffled = [
            each.outputs.values() for each in transforms if each.spec.urn == common_urns.composites.RESHUFFLE.urn
        ]
        # What it is told beside its items, as the graph that Transform applies, comes from elsewhere.
        sides = beam_runner_api_pb2.ParDoPayload.FromString(reading.spec.payload).side_inputs
        items = {given for name, given in reading.inputs.items() if name not in sides}
        return bool(items) and items <= {made for outputs in shuffled for made in outputs}

    return call
