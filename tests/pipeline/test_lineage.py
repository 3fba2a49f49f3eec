"""The way back from a pushed model to its rows, through a metadata store made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError
from pipeline.lineage import raw_examples, train_files
from pipeline.workdir import Workdir


class Store:
    """Writes metadata as TFX does."""

    def __init__(self, workdir: Path) -> None:
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(workdir / "metadata.sqlite")
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = metadata_store.MetadataStore(config)
        self._types = {
            name: self._store.put_artifact_type(pb.ArtifactType(name=name))
            for name in ("Examples", "Model", "PushedModel")
        }
        self._execution_type = self._store.put_execution_type(pb.ExecutionType(name="Any"))

    def artifact(self, kind: str, uri: str, **properties: str) -> int:
        made = pb.Artifact(type_id=self._types[kind], uri=uri)
        for key, value in properties.items():
            made.custom_properties[key].string_value = value
        [number] = self._store.put_artifacts([made])
        return int(number)

    def execution(self, read: dict[str, int], made: dict[str, int], kind: int = pb.Event.OUTPUT) -> None:
        [number] = self._store.put_executions([pb.Execution(type_id=self._execution_type)])
        events = []
        for artifacts, role in ((read, pb.Event.INPUT), (made, kind)):
            for key, artifact in artifacts.items():
                event = pb.Event(artifact_id=artifact, execution_id=number, type=role)
                event.path.steps.add().key = key
                event.path.steps.add().index = 0
                events.append(event)
        self._store.put_events(events)

    def push(self, destination: Path, examples: str) -> None:
        """A run from examples to a push, with more inputs than those that lead back."""
        raw, graph = self.artifact("Examples", examples), self.artifact("Model", "/graph")
        transformed, model = self.artifact("Examples", "/transformed"), self.artifact("Model", "/model")
        base, blessing = self.artifact("Model", "/base"), self.artifact("Model", "/blessing")
        pushed = self.artifact("PushedModel", "/archive", pushed_destination=str(destination))
        self.execution({}, {"examples": raw})
        self.execution({"schema": graph, "examples": raw}, {"transformed_examples": transformed})
        # A resolver hands a model on without having made it.
        self.execution({}, {"model": model}, pb.Event.INTERNAL_OUTPUT)
        self.execution({"base_model": base, "transform_graph": graph, "examples": transformed}, {"model": model})
        # Found in the cache by a later run.
        self.execution({"base_model": base, "transform_graph": graph, "examples": transformed}, {"model": model})
        self.execution({"model_blessing": blessing, "model": model}, {"pushed_model": pushed})


@pytest.fixture
def version(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "models" / "2"
    folder.mkdir(parents=True)
    return folder


def refused(model: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        train_files(model)
    return str(caught.value)


def test_the_train_files_of_a_pushed_model(version: Path) -> None:
    store, workdir = Store(version.parents[1]), version.parents[1]
    store.push(version.with_name("1"), str(workdir / "others"))
    store.push(version, str(workdir / "examples"))
    for split in ("train", "eval"):
        (workdir / "examples" / f"Split-{split}").mkdir(parents=True)
        for part in (2, 1):
            (workdir / "examples" / f"Split-{split}" / f"data-{part}.gz").touch()
    expected = [str(workdir / "examples" / "Split-train" / f"data-{part}.gz") for part in (1, 2)]
    assert train_files(version) == expected
    assert train_files(version / ".." / "2") == expected


def test_the_last_push_of_a_number_that_was_given_twice(version: Path) -> None:
    store = Store(version.parents[1])
    for examples in ("/first", "/second"):
        store.push(version, examples)
    assert raw_examples(Workdir(version.parents[1]), str(version)) == "/second"


def test_what_leads_nowhere_is_said(version: Path, tmp_path: Path) -> None:
    nowhere = "lies in no working directory (WORKDIR/models/1) that would know its data"
    assert refused(version) == f"{version}: {nowhere}"
    store = Store(version.parents[1])
    assert refused(tmp_path) == f"{tmp_path}: {nowhere}"
    assert refused(version) == f"{version}: {version.parents[1]}/metadata.sqlite knows of no run that pushed it"
    store.push(version, "/gone")
    assert refused(version) == (
        f"{version}: the rows that it was trained on are gone: /gone/Split-train/* matches no file"
    )
