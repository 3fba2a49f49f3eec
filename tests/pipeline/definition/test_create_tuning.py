"""The Tuner in the compiled pipeline: only where it is asked for, and with what its cache key holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tfx.dsl.compiler import compiler
from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from widedeep.pipeline.definition import config, create
from widedeep.pipeline.definition.nodes import checks, ingestion, training, transformation

ROOT = Path(__file__).resolve().parents[3]
TUNING = "tuning={trials: 3, space: {wide.l1: {low: 0.1, high: 3}}}"
Compile = Callable[..., dict[str, pipeline_pb2.PipelineNode]]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles the census pipeline with settings, by node id."""

    def call(*settings: str) -> dict[str, pipeline_pb2.PipelineNode]:
        environment = create.Environment(
            root=str(tmp_path / "artifacts"),
            metadata=metadata.sqlite_metadata_connection_config(str(tmp_path / "m.sqlite")),
            push_directory=str(tmp_path / "models"),
            schema_file="schema.pbtxt",
            beam_args=[],
        )
        settled = config.load(ROOT / "schema" / "census" / "pipeline.yaml", settings)
        made = compiler.Compiler().compile(create.create_pipeline(settled, environment))
        return {node.pipeline_node.node_info.id: node.pipeline_node for node in made.nodes}

    return call


def changed(before: dict[str, pipeline_pb2.PipelineNode], after: dict[str, pipeline_pb2.PipelineNode]) -> set[str]:
    assert before.keys() == after.keys()
    return {
        name
        for name, node in before.items()
        if node.parameters.SerializeToString(deterministic=True)
        != after[name].parameters.SerializeToString(deterministic=True)
    }


def test_there_is_none_unless_asked_for(compiled: Compile) -> None:
    nodes = compiled()
    assert "Tuner" not in nodes
    assert "hyperparameters" not in nodes["Trainer"].inputs.inputs


def test_it_searches_on_what_the_trainer_trains_on_and_hands_it_the_best(compiled: Compile) -> None:
    nodes = compiled(TUNING)
    for key in ("examples", "transform_graph"):
        [ours], [theirs] = (nodes[name].inputs.inputs[key].channels for name in ("Tuner", "Trainer"))
        assert ours.producer_node_query.id == theirs.producer_node_query.id == "Transform"
        assert ours.output_key == theirs.output_key
    [best] = nodes["Trainer"].inputs.inputs["hyperparameters"].channels
    assert (best.producer_node_query.id, best.output_key) == ("Tuner", "best_hyperparameters")


def test_the_rest_of_the_pipeline_does_not_know_of_it(compiled: Compile) -> None:
    plain, tuning = compiled(), compiled(TUNING)
    assert tuning.keys() - plain.keys() == {"Tuner"}
    del tuning["Tuner"]
    # The Trainer's settings, too, by which the model to start from is found.
    assert changed(plain, tuning) == set()


@pytest.mark.parametrize(
    ("setting", "nodes"),
    [
        ("tuning.trials=4", {"Tuner"}),
        ("tuning.seed=2", {"Tuner"}),
        ("tuning.search=bayesian", {"Tuner"}),
        ("tuning.space={wide.l1: {low: 0.1, high: 2}}", {"Tuner"}),
        ("training.epochs=1", {"Tuner", "Trainer"}),
        ("evaluation.split=eval", {"Evaluator", "DryRun"}),
    ],
)
def test_a_setting_changes_the_key_of_what_it_is_about(compiled: Compile, setting: str, nodes: set[str]) -> None:
    assert changed(compiled(TUNING), compiled(TUNING, setting)) == nodes


@pytest.mark.parametrize(
    ("module", "nodes"),
    [("widedeep.components.tuner.run", {"Tuner"}), ("widedeep.components.trainer.worker", {"Trainer"})],
)
def test_changed_code_changes_its_nodes_key(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch, module: str, nodes: set[str]
) -> None:
    before = compiled(TUNING)
    known = checks.code_digest
    for user in (checks, ingestion, transformation, training):
        monkeypatch.setattr(user, "code_digest", lambda name: "changed" if name == module else known(name))
    assert changed(before, compiled(TUNING)) == nodes
