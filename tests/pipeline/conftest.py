"""A working directory as runs leave it: metadata, artifacts, pushed versions and the record of each run, all small."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from widedeep.components.common.bucket_path import location
from widedeep.components.common.digests.code_digest import reading_once
from widedeep.components.pusher.version_info import Data, Lineage, ModelArtifact
from widedeep.pipeline.definition.schema_file import schema_file_name
from widedeep.pipeline.local.workdir import Workdir

BYTES = 100
Ids = dict[str, int]


class Worked:
    """Writes a working directory as TFX and the pipeline do.

    Attributes:
        workdir: the working directory.
        pipeline: the pipeline's name.
        store: its metadata, to write.
    """

    def __init__(self, path: Path, workdir: Workdir | None = None, store: Any = None, pipeline: str = "worked") -> None:
        self.workdir = workdir or Workdir(path)
        self.pipeline = pipeline
        path.mkdir(exist_ok=True)
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(self.workdir.metadata)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store: Any = store or metadata_store.MetadataStore(config)
        self._run_type = self.store.put_context_type(pb.ContextType(name="pipeline_run"))
        self._context = self._named("pipeline", pipeline)
        self._versions = 0

    def _named(self, kind: str, name: str) -> int:
        """A context that is made once."""
        number = self.store.put_context_type(pb.ContextType(name=kind))
        context = self.store.get_context_by_type_and_name(kind, name)
        if context:
            return int(context.id)
        return int(self.store.put_contexts([pb.Context(type_id=number, name=name)])[0])

    def run(
        self,
        run: str,
        span: int = 1,
        window: Mapping[int, int] | None = None,
        cached: Ids | None = None,
        base: int | None = None,
        baseline: int | None = None,
        blessed: bool = True,
        until: str = "Pusher",
        analysed: bool = True,
    ) -> Ids:
        """One run of a pipeline, in which every node ran, or everything before the Trainer came from the cache.

        Args:
            run: its id.
            span: that it ingested.
            window: ids of the other spans' examples that it trained on, by span.
            cached: what an earlier run made, to take the data steps from.
            base: id of the model that the training started from.
            baseline: id of the model that the Evaluator compared with.
            blessed: whether the model was good enough.
            until: the last node; a run that did not get to the Pusher failed.
            analysed: whether Transform leaves its analysis of the spans for the next run.

        Returns:
            The ids of the artifacts that it made, or found, by output.
        """
        context = pb.Context(type_id=self._run_type, name=run)
        [context.id] = self.store.put_contexts([context])
        folder = self.workdir.runs / run
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text("log")
        text = f"schema of {run if cached is None else 'an earlier run'}"
        schema = self.workdir.schemas / schema_file_name(text)
        schema.parent.mkdir(parents=True, exist_ok=True)
        schema.write_bytes(text.encode())
        made: Ids = {}

        def node(
            name: str, reads: Mapping[str, list[int]], makes: Mapping[str, str], cached: Ids | None = None
        ) -> None:
            made.update(self.node(context.id, name, reads, makes, cached, {"schema_file": str(schema)}))

        def data() -> list[int]:
            return list(dict.fromkeys([made["examples"], *(window or {}).values()]))

        steps: list[tuple[str, Callable[[], None]]] = [
            ("ExampleGen", lambda: node("ExampleGen", {}, {"examples": "Examples"}, cached)),
            ("ImportSchemaGen", lambda: node("ImportSchemaGen", {}, {"schema": "Schema"}, cached)),
            (
                "StatisticsGen",
                lambda: node(
                    "StatisticsGen", {"examples": [made["examples"]]}, {"statistics": "ExampleStatistics"}, cached
                ),
            ),
            (
                "DataGate",
                lambda: node("DataGate", {"statistics": [made["statistics"]]}, {"verdict": "DataVerdict"}, cached),
            ),
            (
                "Transform",
                lambda: node(
                    "Transform",
                    {"examples": data(), "schema": [made["schema"]]},
                    {"transformed_examples": "Examples"}
                    | ({"updated_analyzer_cache": "TransformCache"} if analysed else {}),
                    cached,
                ),
            ),
            (
                "Trainer",
                lambda: node(
                    "Trainer",
                    {"examples": [made["transformed_examples"]], "base_model": [base] if base else []},
                    {"model": "Model", "model_run": "ModelRun"},
                ),
            ),
            ("Evaluator", lambda: self._evaluate(node, made, baseline, blessed)),
            ("Pusher", lambda: self._push(node, made, blessed, run, data())),
        ]
        for name, step in steps:
            step()
            if name == "ExampleGen" and cached is None:
                self.change(made["examples"], span=span)
            if name == until:
                break
        if until == "Pusher":
            (folder / "run.json").write_text("{}")
        return made

    def _evaluate(self, node: Callable[..., None], made: Ids, baseline: int | None, blessed: bool) -> None:
        reads = {"model": [made["model"]], "baseline_model": [baseline] if baseline else []}
        node("Evaluator", reads, {"blessing": "ModelBlessing", "evaluation": "ModelEvaluation"})
        self.change(made["blessing"], blessed=int(blessed), current_model_id=made["model"])

    def _push(self, node: Callable[..., None], made: Ids, blessed: bool, run: str, data: list[int]) -> None:
        node(
            "Pusher",
            {"model": [made["model"]], "model_blessing": [made["blessing"]], "examples": data},
            {"pushed_model": "PushedModel"},
        )
        if not blessed:
            self.change(made["pushed_model"], pushed=0)
            return
        self._versions += 1
        version = self.workdir.models / str(self._versions)
        self.change(made["pushed_model"], pushed=1, pushed_destination=str(version))
        (version / "assets.extra").mkdir(parents=True)
        (version / "saved_model.pb").write_text(f"model {made['model']}")
        lineage = Lineage(
            pipeline=self.pipeline,
            run=run,
            pushed=f"2026-01-{self._versions:02d}T12:30:59+00:00",
            model=ModelArtifact(id=made["model"], uri=self.artifact(made["model"]).uri),
            data=[self._data(number) for number in data],
        )
        lineage.write(version / "assets.extra" / "lineage.json")

    def _data(self, number: int) -> Data:
        examples = self.artifact(number)
        span = examples.custom_properties["span"].int_value
        return Data(span=span, version=None, fingerprint="", uri=examples.uri)

    def node(
        self,
        context: int,
        name: str,
        reads: Mapping[str, list[int]],
        makes: Mapping[str, str],
        cached: Ids | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> Ids:
        """An execution; `found` are what it took from the cache."""
        kind = self.store.put_execution_type(pb.ExecutionType(name=name))
        state = pb.Execution.COMPLETE if cached is None else pb.Execution.CACHED
        execution = pb.Execution(type_id=kind, last_known_state=state)
        for key, value in (properties or {}).items():
            execution.custom_properties[key].string_value = value
        [execution.id] = self.store.put_executions([execution])
        contexts = [context, self._context, self._named("node", f"{self.pipeline}.{name}")]
        made = {}
        for key, what in makes.items():
            made[key] = cached[key] if cached else self._new(name, key, what, execution.id)
        self.store.put_attributions_and_associations(
            [
                pb.Attribution(context_id=context, artifact_id=number)
                for context in contexts
                for number in made.values()
            ],
            [pb.Association(context_id=context, execution_id=execution.id) for context in contexts],
        )
        roles = [(key, number, pb.Event.INPUT) for key, ids in reads.items() for number in ids]
        roles += [(key, artifact, pb.Event.OUTPUT) for key, artifact in made.items()]
        events = [pb.Event(artifact_id=artifact, execution_id=execution.id, type=role) for _, artifact, role in roles]
        for event, (key, _, _) in zip(events, roles, strict=True):
            event.path.steps.add().key = key
            event.path.steps.add().index = 0
        self.store.put_events(events)
        return made

    def _new(self, node: str, key: str, kind: str, execution: int) -> int:
        folder = self.workdir.artifacts / node / key / str(execution)
        folder.mkdir(parents=True)
        (folder / "content").write_bytes(bytes(BYTES))
        number = self.store.put_artifact_type(pb.ArtifactType(name=kind))
        [made] = self.store.put_artifacts([pb.Artifact(type_id=number, uri=str(folder), state=pb.Artifact.LIVE)])
        return int(made)

    def artifact(self, number: int) -> pb.Artifact:
        [artifact_] = self.store.get_artifacts_by_id([number])
        return artifact_

    def change(self, number: int, **properties: int | str) -> None:
        """Sets custom properties of an artifact."""
        artifact = self.artifact(number)
        for key, value in properties.items():
            if isinstance(value, int):
                artifact.custom_properties[key].int_value = value
            else:
                artifact.custom_properties[key].string_value = value
        self.store.put_artifacts([artifact])

    def live(self) -> set[int]:
        return {artifact.id for artifact in self.store.get_artifacts() if artifact.state == pb.Artifact.LIVE}

    def there(self) -> set[int]:
        """The artifacts whose folders exist."""
        return {artifact.id for artifact in self.store.get_artifacts() if location(artifact.uri).exists()}


@pytest.fixture(scope="module", autouse=True)
def one_reading() -> Iterator[None]:
    """The code stays as it is while tests compile pipelines of it by the dozen."""
    with reading_once():
        yield


@pytest.fixture
def worked(tmp_path: Path) -> Worked:
    """An empty working directory."""
    return Worked(tmp_path / "work")


@pytest.fixture
def working() -> type[Worked]:
    """Makes one where a test wants it."""
    return Worked
