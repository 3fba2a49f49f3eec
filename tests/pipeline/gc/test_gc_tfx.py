"""What TFX hands out of metadata in which artifacts are marked or gone: the facts that a collection stands on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils, execution_publish_utils
from tfx.orchestration.portable.input_resolution import channel_resolver
from tfx.orchestration.portable.mlmd import context_lib
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import standard_artifacts

Cached = tuple[Any, Any, Path]


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[Cached]:
    """Metadata with one execution whose outcome is in the cache; its cache context, and its artifact's folder."""
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
    with metadata.Metadata(connection) as handle:
        pipeline = context_lib.register_context_if_not_exists(handle, "pipeline", "taxi")
        cache = context_lib.register_context_if_not_exists(handle, context_lib.CONTEXT_TYPE_EXECUTION_CACHE, "key")
        execution = execution_publish_utils.register_execution(
            handle, pb.ExecutionType(name="Trainer"), [pipeline, cache]
        )
        model = standard_artifacts.Model()
        model.uri = str(tmp_path / "model")
        Path(model.uri).mkdir()
        execution_publish_utils.publish_succeeded_execution(handle, execution.id, [pipeline, cache], {"model": [model]})
        yield handle, cache, tmp_path / "model"


def resolved(handle: Any) -> list[Any]:
    """What a channel of all models of the pipeline has, as Resolvers are given it."""
    channel = pipeline_pb2.InputSpec.Channel()
    query = channel.context_queries.add()
    query.type.name = "pipeline"
    query.name.field_value.string_value = "taxi"
    channel.artifact_query.type.name = "Model"
    return channel_resolver.resolve_single_channel(handle, channel)


def mark(handle: Any) -> None:
    [model] = handle.store.get_artifacts_by_type("Model")
    model.state = pb.Artifact.DELETED
    handle.store.put_artifacts([model])


def test_a_live_artifact_is_found_by_both(cached: Cached) -> None:
    handle, cache, _ = cached
    assert len(resolved(handle)) == 1
    assert list(cache_utils.get_cached_outputs(handle, cache)) == ["model"]


def test_a_deleted_one_by_neither_though_its_files_are_there(cached: Cached) -> None:
    handle, cache, folder = cached
    mark(handle)
    assert resolved(handle) == []
    assert cache_utils.get_cached_outputs(handle, cache) is None
    assert folder.exists()


def test_one_that_is_gone_is_still_handed_to_resolvers_unless_it_is_marked(cached: Cached) -> None:
    handle, cache, folder = cached
    shutil.rmtree(folder)
    assert cache_utils.get_cached_outputs(handle, cache) is None
    assert len(resolved(handle)) == 1
    mark(handle)
    assert resolved(handle) == []
