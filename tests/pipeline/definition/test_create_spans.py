"""Windows of spans and warm starts in the compiled pipeline: which nodes there are, and what they read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tfx.dsl.compiler import compiler
from tfx.orchestration import metadata
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config, create

PIPELINE = Path(__file__).resolve().parents[3] / "schema" / "census" / "pipeline.yaml"
IN_SPANS = 'data.splits={train: "day-{SPAN}/train", eval: "day-{SPAN}/eval", test: "day-{SPAN}/test"}'
WINDOW = {"Window", "AnalyzerCache"}
WARM = {"BaseModel"}
DRIFT = {"PreviousStatistics", "Spans"}
Nodes = dict[str, pipeline_pb2.PipelineNode]


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Nodes]:
    """Compiles the census pipeline with settings, by node id."""

    def call(*settings: str) -> Nodes:
        environment = create.Environment(
            root=str(tmp_path / "artifacts"),
            metadata=metadata.sqlite_metadata_connection_config(str(tmp_path / "m.sqlite")),
            push_directory=str(tmp_path / "models"),
            schema_file="schema.pbtxt",
            beam_args=[],
        )
        made = compiler.Compiler().compile(create.create_pipeline(config.load(PIPELINE, settings), environment))
        return {node.pipeline_node.node_info.id: node.pipeline_node for node in made.nodes}

    return call


def graph(node: pipeline_pb2.PipelineNode) -> pipeline_pb2.InputGraph:
    """Of a Resolver, which computes its inputs."""
    [inner] = node.inputs.input_graphs.values()
    return inner


def producers(node: pipeline_pb2.PipelineNode, key: str) -> set[str]:
    """The nodes that an input comes from; "" for any."""
    if node.inputs.inputs[key].HasField("input_graph_ref"):
        nodes = graph(node).nodes
        [given] = [node.dict_node for node in nodes.values() if node.HasField("dict_node")]
        key = nodes[given.node_ids[key]].input_node.input_key
    return {channel.producer_node_query.id for channel in node.inputs.inputs[key].channels}


def settings_of(node: pipeline_pb2.PipelineNode, key: str) -> str:
    return node.parameters.parameters[key].field_value.string_value


@pytest.mark.parametrize(
    ("settings", "nodes"),
    [
        ([], set()),
        (["training.warm_start=true"], WARM),
        ([IN_SPANS], DRIFT | WARM),
        ([IN_SPANS, "training.warm_start=false"], DRIFT),
        ([IN_SPANS, "data.window=1"], DRIFT | WARM),
        ([IN_SPANS, "data.window=2"], WINDOW | DRIFT | WARM),
        ([IN_SPANS, "data.window=2", "training.warm_start=false"], WINDOW | DRIFT),
        ([IN_SPANS.replace("{SPAN}", "{YYYY}-{MM}-{DD}"), "data.window=7"], WINDOW | DRIFT | WARM),
        (["data.serving=served/*"], {"ServingExampleGen", "ServingStatisticsGen"}),
    ],
)
def test_there_is_a_node_for_what_is_asked_for(compiled, settings, nodes) -> None:
    plain, made = compiled(), compiled(*settings)
    assert made.keys() - plain.keys() == nodes
    assert plain.keys() <= made.keys()


def test_without_a_window_transform_reads_the_span_and_keeps_no_analysis(compiled) -> None:
    for settings in ([], [IN_SPANS]):
        node = compiled(*settings)["Transform"]
        assert producers(node, "examples") == {"ExampleGen"}
        assert "analyzer_cache" not in node.inputs.inputs
        assert "updated_analyzer_cache" not in node.outputs.outputs


def test_with_one_it_reads_the_window_and_what_is_known_of_it(compiled) -> None:
    nodes = compiled(IN_SPANS, "data.window=3")
    assert producers(nodes["Window"], "current") == {"ExampleGen"}
    # Of all that were ever ingested.
    assert producers(nodes["Window"], "examples") == {""}
    assert producers(nodes["AnalyzerCache"], "examples") == {"Window"}
    assert producers(nodes["Transform"], "examples") == {"Window"}
    assert producers(nodes["Transform"], "analyzer_cache") == {"AnalyzerCache"}
    assert nodes["Transform"].inputs.inputs["analyzer_cache"].min_count == 0
    assert "updated_analyzer_cache" in nodes["Transform"].outputs.outputs
    # What judges data or model looks at the span that was read.
    for node in ("StatisticsGen", "Evaluator"):
        assert producers(nodes[node], "examples") == {"ExampleGen"}


def test_the_gate_compares_with_the_span_before_and_with_what_was_served(compiled) -> None:
    nodes = compiled(IN_SPANS, "data.serving=served/*")
    assert producers(nodes["PreviousStatistics"], "current") == {"ExampleGen"}
    assert producers(nodes["PreviousStatistics"], "statistics") == {""}
    assert producers(nodes["DataGate"], "previous") == {"PreviousStatistics"}
    assert producers(nodes["DataGate"], "serving") == {"ServingStatisticsGen"}
    assert producers(nodes["ServingStatisticsGen"], "examples") == {"ServingExampleGen"}
    # On the first day there is none.
    assert nodes["DataGate"].inputs.inputs["previous"].min_count == 0


@pytest.mark.parametrize(("window", "spans"), [(1, 8), (3, 8), (30, 30)])
def test_the_gate_compares_with_what_earlier_models_were_trained_on(compiled, window, spans) -> None:
    nodes = compiled(IN_SPANS, f"data.window={window}")
    assert producers(nodes["Spans"], "current") == {"ExampleGen"}
    assert producers(nodes["Spans"], "examples") == {""}
    assert producers(nodes["DataGate"], "spans") == {"Spans"}
    assert nodes["DataGate"].parameters.parameters["window"].field_value.int_value == window
    [strategy] = [node.op_node for node in graph(nodes["Spans"]).nodes.values() if node.HasField("op_node")]
    assert strategy.kwargs["spans"].value.field_value.int_value == spans


def test_a_range_is_a_pipeline_for_each_span() -> None:
    whole = config.load(PIPELINE, [IN_SPANS, "span=3-5"])
    each = config.by_span(whole)
    assert [(config.data.span, config.data.window) for config in each] == [(3, 3), (4, 3), (5, 3)]
    assert config.by_span(each[0]) == [each[0]]
    assert config.by_span(config.load(PIPELINE)) == [config.load(PIPELINE)]


def test_a_pipeline_reads_one_span(compiled) -> None:
    with pytest.raises(ConfigError, match=r"data\.span is 3-5: a pipeline reads one span"):
        compiled(IN_SPANS, "data.span=3-5")


def test_the_gate_is_before_all_that_reads_the_window(compiled) -> None:
    nodes = compiled(IN_SPANS, "data.window=3")
    for node in ("Window", "AnalyzerCache", "Transform"):
        assert "DataGate" in nodes[node].upstream_nodes
    assert "BaseModel" in nodes["Trainer"].upstream_nodes


def test_a_warm_start_finds_a_model_by_what_this_training_is_made_from(compiled) -> None:
    nodes = compiled(IN_SPANS)
    assert producers(nodes["BaseModel"], "examples") == producers(nodes["Trainer"], "examples") == {"Transform"}
    assert producers(nodes["Trainer"], "base_model") == {"BaseModel"}
    # There is none in the first run.
    assert nodes["Trainer"].inputs.inputs["base_model"].min_count == 0
    assert "base_model" not in compiled()["Trainer"].inputs.inputs


@pytest.mark.parametrize(("resolver", "node"), [("BaseModel", "Trainer"), ("AnalyzerCache", "Transform")])
def test_the_strategies_know_the_settings_that_the_cache_key_holds(compiled, resolver, node) -> None:
    """They leave out what these very settings made, which they could not tell by others."""
    nodes = compiled(IN_SPANS, "data.window=2")
    [strategy] = [node.op_node for node in graph(nodes[resolver]).nodes.values() if node.HasField("op_node")]
    known = strategy.kwargs["settings"].value.field_value.string_value
    assert json.loads(known) == json.loads(settings_of(nodes[node], "custom_config"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.window=2"], "data: window is 2, but no pattern has a {SPAN}"),
        ([IN_SPANS, "data.window=0"], "data.window: Input should be greater than or equal to 1 (it is 0)"),
        ([IN_SPANS, "data.window=many"], "data.window: Input should be a valid integer"),
        ([IN_SPANS, "data.span=5-3"], "data: span 5-3 ends before it begins"),
        (["span=3-5"], "data: the pattern 'train/*' has no {SPAN}, but span is 3-5"),
        ([IN_SPANS, "training.warm_start=perhaps"], "training.warm_start: Input should be a valid boolean"),
    ],
)
def test_a_wrong_setting_is_named(settings, message) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(PIPELINE, settings)
    assert message in str(caught.value)
