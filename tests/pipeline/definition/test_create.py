"""The compiled pipeline: what each node's cache key holds, and what waits for what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tfx.dsl.compiler import compiler
from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from widedeep.pipeline.definition import config, create
from widedeep.pipeline.definition.nodes import checks, ingestion, release, training, transformation

ROOT = Path(__file__).resolve().parents[3]
NODES = {
    "ExampleGen",
    "StatisticsGen",
    "ImportSchemaGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Trainer",
    "LatestBlessedModel",
    "Evaluator",
    "DryRun",
    "Pusher",
}
Compile = Callable[..., dict[str, pipeline_pb2.PipelineNode]]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles the census pipeline with settings, by node id."""

    def call(*settings: str, schema: str = "schema.pbtxt") -> dict[str, pipeline_pb2.PipelineNode]:
        environment = create.Environment(
            root=str(tmp_path / "artifacts"),
            metadata=metadata.sqlite_metadata_connection_config(str(tmp_path / "m.sqlite")),
            push_directory=str(tmp_path / "models"),
            schema_file=schema,
            beam_args=[],
        )
        settled = config.load(ROOT / "schema" / "census" / "pipeline.yaml", settings)
        made = compiler.Compiler().compile(create.create_pipeline(settled, environment))
        return {node.pipeline_node.node_info.id: node.pipeline_node for node in made.nodes}

    return call


def keys(nodes: dict[str, pipeline_pb2.PipelineNode]) -> dict[str, bytes]:
    return {name: node.parameters.SerializeToString(deterministic=True) for name, node in nodes.items()}


def changed(old: dict[str, pipeline_pb2.PipelineNode], new: dict[str, pipeline_pb2.PipelineNode]) -> set[str]:
    before, after = keys(old), keys(new)
    assert before.keys() == after.keys() == NODES
    return {name for name in NODES if before[name] != after[name]}


def test_the_same_settings_compile_to_the_same_keys(compiled: Compile) -> None:
    assert changed(compiled(), compiled()) == set()


@pytest.mark.parametrize(
    ("module", "nodes"),
    [
        # A version's lineage tells of the code that made it.
        ("widedeep.components.ingest.executor", {"ExampleGen", "Pusher"}),
        ("widedeep.components.gate.component", {"DataGate"}),
        ("widedeep.components.transform.executor", {"Transform", "Pusher"}),
        ("widedeep.components.trainer.worker", {"Trainer", "Pusher"}),
        ("widedeep.components.evaluator.component", {"Evaluator"}),
        ("widedeep.components.dryrun.executor", {"DryRun"}),
        ("widedeep.serving.standin.server", {"DryRun"}),
    ],
)
def test_changed_code_changes_its_nodes_key(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch, module: str, nodes: set[str]
) -> None:
    before = compiled()
    known = checks.code_digest
    for user in (checks, ingestion, transformation, training, release):
        monkeypatch.setattr(user, "code_digest", lambda name: "changed" if name == module else known(name))
    assert changed(before, compiled()) == nodes


@pytest.mark.parametrize(
    ("setting", "nodes"),
    [
        ("training.epochs=1", {"Trainer"}),
        ("training.wide.l1=9", {"Trainer"}),
        ("evaluation.bounds.auc={at_least: 0.9}", {"Evaluator"}),
        ("evaluation.split=eval", {"Evaluator", "DryRun"}),
        ("dry_run.rows=9", {"DryRun"}),
        ("push.keep=3", {"Pusher"}),
        ("gate.anomalies=warn", {"DataGate"}),
        ("data.format=parquet", {"ExampleGen"}),
    ],
)
def test_a_setting_changes_the_key_of_what_it_is_about(compiled: Compile, setting: str, nodes: set[str]) -> None:
    assert changed(compiled(), compiled(setting)) == nodes


def test_changed_features_change_everything_that_reads_them(compiled: Compile, tmp_path: Path) -> None:
    text = (ROOT / "schema" / "census" / "features.yaml").read_text()
    after = tmp_path / "features.yaml"
    after.write_text(
        text.replace("{keys: [education, occupation], buckets: 1000}", "{keys: [education, occupation], buckets: 2000}")
    )
    assert after.read_text() != text
    assert changed(compiled(), compiled(f"features={after}")) == {
        "ExampleGen",
        "DataGate",
        "Transform",
        "Trainer",
        "Evaluator",
        "DryRun",
    }


def test_another_schema_changes_the_import(compiled: Compile) -> None:
    assert changed(compiled(), compiled(schema="other.pbtxt")) == {"ImportSchemaGen"}


def test_nothing_is_learned_before_the_gate_has_passed(compiled: Compile) -> None:
    nodes = compiled()
    assert "DataGate" in nodes["Transform"].upstream_nodes
    assert {"Transform"} <= set(nodes["Trainer"].upstream_nodes)
    assert {"Trainer", "LatestBlessedModel"} <= set(nodes["Evaluator"].upstream_nodes)
    assert {"Trainer", "Evaluator"} <= set(nodes["DryRun"].upstream_nodes)
    assert {"Trainer", "Evaluator", "DryRun"} <= set(nodes["Pusher"].upstream_nodes)
