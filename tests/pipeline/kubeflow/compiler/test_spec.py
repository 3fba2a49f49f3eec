"""The compiled pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kfp.dsl import pipeline_task
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import compiler

from tools import compiled_specs
from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.commands.kubeflow import command
from widedeep.pipeline.definition import config, create
from widedeep.pipeline.kubeflow.compiler import spec as compiled_spec

ROOT = Path(__file__).resolve().parents[4]
MOVIELENS = ROOT / "schema" / "movielens" / "pipeline.yaml"
Compile = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """The specification and the platform's of MovieLens's pipeline with settings."""
    out = tmp_path_factory.mktemp("compiled") / "new" / "compiled.yaml"
    known: dict[Any, list[dict[str, Any]]] = {}

    def call(*settings: str, image: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        # Seconds each.
        if (settings, image) not in known:
            chosen = [*(f"--set={setting}" for setting in settings), *(["--image", image] if image else [])]
            done = CliRunner().invoke(
                command, ["compile", str(MOVIELENS), "--out", str(out), *chosen], catch_exceptions=False
            )
            assert done.stdout == f"{out}\n"
            known[settings, image] = list(yaml.safe_load_all(out.read_text()))
        spec, platform = known[settings, image]
        return spec, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]

    return call


def arguments(spec: dict[str, Any], task: str) -> list[str]:
    container = spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    assert container["command"] == ["python", "-m", "widedeep.pipeline.kubeflow.step.run_node"]
    assert isinstance(container["args"], list)
    return container["args"]


@pytest.mark.parametrize("file", compiled_specs.FILES)
def test_the_checked_in_files_are_what_the_settings_compile_to(tmp_path: Path, file: str) -> None:
    compiled_specs.write(file, tmp_path / "compiled.yaml")
    assert (tmp_path / "compiled.yaml").read_text() == (ROOT / file).read_text(), (
        "write them again: python -m tools.compiled_specs"
    )


@pytest.mark.parametrize("settings", [(), ("training.warm_start=true",)])
def test_each_task_waits_for_what_its_tfx_node_waits_for(compiled: Compile, settings: tuple[str, ...]) -> None:
    environment = create.Environment("/r", metadata_store_pb2.ConnectionConfig(), "/m", "s.pbtxt", [])
    made = compiler.Compiler().compile(create.create_pipeline(config.load(MOVIELENS, settings), environment))
    nodes = {node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes) for node in made.nodes}
    assert ("BaseModel" in nodes) == bool(settings)
    spec, _ = compiled(*settings)
    tasks = spec["root"]["dag"]["tasks"]
    shown = {key: task["taskInfo"]["name"] for key, task in tasks.items()}
    assert {
        shown[key]: {shown[upstream] for upstream in task.get("dependentTasks", [])} for key, task in tasks.items()
    } == nodes
    for key, task in tasks.items():
        assert f"--node={shown[key]}" in arguments(spec, key)
        assert task["inputs"]["parameters"]["run_id"] == {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}}
        # Kubeflow's cache knows nothing of the data: it is off.
        assert task["cachingOptions"] == {}


def test_a_node_is_given_the_runs_parameters(compiled: Compile) -> None:
    spec, _ = compiled("training.epochs=4")
    assert spec["root"]["inputDefinitions"]["parameters"] == {
        "data_path": {"defaultValue": "/mnt/widedeep/data/movielens", "isOptional": True, "parameterType": "STRING"},
        "epochs": {"defaultValue": 4.0, "isOptional": True, "parameterType": "NUMBER_INTEGER"},
        "models": {"defaultValue": "/mnt/models/movielens", "isOptional": True, "parameterType": "STRING"},
        "pipeline_root": {"defaultValue": "/mnt/widedeep/movielens", "isOptional": True, "parameterType": "STRING"},
        "training": {"defaultValue": "{}", "isOptional": True, "parameterType": "STRING"},
    }
    assert arguments(spec, "trainer") == [
        "/opt/widedeep/schema/movielens/pipeline.yaml",
        "--node=Trainer",
        "--run-id={{$.inputs.parameters['run_id']}}",
        "--root={{$.inputs.parameters['pipeline_root']}}",
        "--models={{$.inputs.parameters['models']}}",
        "--metadata=postgresql://widedeep-metadata:5432",
        "--set=data.path={{$.inputs.parameters['data_path']}}",
        "--set=training.epochs={{$.inputs.parameters['epochs']}}",
        "--training={{$.inputs.parameters['training']}}",
        "--summary={{$.outputs.artifacts['summary'].path}}",
    ]


def test_a_databases_address_reaches_the_steps_that_ask_it_from_a_secret(compiled: Compile) -> None:
    queries = "{train: SELECT 1, eval: SELECT 2, test: SELECT 3}"
    sql = f"data={{format: sql, connection: SHOP, splits: {queries}, serving: SELECT 4}}"
    spec, platform = compiled(sql, "kubeflow.data_secret=shop")
    given = {
        name: [secret["secretName"] for secret in executor["secretAsEnv"] if secret["secretName"] == "shop"]
        for name, executor in platform.items()
    }
    assert {name for name, secrets in given.items() if secrets} == {"exec-example-gen", "exec-serving-example-gen"}
    [secret] = [secret for secret in platform["exec-example-gen"]["secretAsEnv"] if secret["secretName"] == "shop"]
    assert secret["keyToEnv"] == [{"envVar": "SHOP", "secretKey": "connection"}]
    # There is no folder that a person could name.
    assert "data_path" not in spec["root"]["inputDefinitions"]["parameters"]
    assert not any("data.path" in argument for argument in arguments(spec, "example-gen"))


def test_the_evaluator_has_metrics_and_the_last_node_the_report(compiled: Compile) -> None:
    spec, _ = compiled()
    outputs = {
        name.removeprefix("comp-"): {
            key: artifact["artifactType"]["schemaTitle"]
            for key, artifact in part["outputDefinitions"]["artifacts"].items()
        }
        for name, part in spec["components"].items()
    }
    assert outputs.pop("evaluator") == {
        "summary": "system.Markdown",
        "metrics": "system.Metrics",
        "roc": "system.ClassificationMetrics",
    }
    assert outputs.pop("pusher") == {"summary": "system.Markdown", "report": "system.HTML"}
    assert set(map(str, outputs.values())) == {"{'summary': 'system.Markdown'}"}
    assert arguments(spec, "evaluator")[-1] == "--executor-input={{$}}"
    assert arguments(spec, "pusher")[-1] == "--report={{$.outputs.artifacts['report'].path}}"


def test_settings_of_the_compilation_hold_in_the_containers(compiled: Compile) -> None:
    spec, _ = compiled("training.deep.hidden=[8, 4]", "training.epochs=9", "kubeflow.user=77")
    given = [argument for argument in arguments(spec, "trainer") if argument.startswith("--set=")]
    assert given == [
        "--set=training.deep.hidden=[8, 4]",
        "--set=data.path={{$.inputs.parameters['data_path']}}",
        "--set=training.epochs={{$.inputs.parameters['epochs']}}",
    ]


def test_data_in_spans_bring_a_parameter(compiled: Compile) -> None:
    splits = "data.splits={train: 'day-{SPAN}/train/*', eval: 'day-{SPAN}/eval/*', test: 'day-{SPAN}/test/*'}"
    spec, _ = compiled(splits, "data.path=gs://bucket/days")
    defaults = {
        key: parameter["defaultValue"] for key, parameter in spec["root"]["inputDefinitions"]["parameters"].items()
    }
    assert (defaults["span"], defaults["data_path"]) == ("latest", "gs://bucket/days")
    assert "--set=data.span={{$.inputs.parameters['span']}}" in arguments(spec, "example-gen")


# Which nodes there are is no matter of some settings, and takes TFX and KFP seconds.
FEW_NODES = patch.object(compiled_spec, "_nodes", lambda _: {"Trainer": []})


def defaults(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: parameter["defaultValue"] for key, parameter in spec["root"]["inputDefinitions"]["parameters"].items()}


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (("data.path=../mine [v2]",), "../mine [v2]"),
        (("data={path: /first, format: parquet, hash_split: {train: 8, eval: 1, test: 1}}",), "/first"),
    ],
)
def test_a_path_that_is_set_for_the_compilation_is_the_default(
    compiled: Compile, settings: tuple[str, ...], path: str
) -> None:
    with FEW_NODES:
        spec, _ = compiled(*settings)
    assert defaults(spec)["data_path"] == path
    given = [argument for argument in arguments(spec, "trainer") if argument.startswith("--set=data.path")]
    assert given == ["--set=data.path={{$.inputs.parameters['data_path']}}"]


def test_a_span_that_is_set_for_the_compilation_is_the_default(compiled: Compile) -> None:
    days = "{train: '{YYYY}-{MM}-{DD}/a', eval: '{YYYY}-{MM}-{DD}/b', test: '{YYYY}-{MM}-{DD}/c'}"
    with FEW_NODES:
        spec, _ = compiled(f"data.splits={days}", "span=2024-02-01", "training.epochs=010")
    assert (defaults(spec)["span"], defaults(spec)["epochs"]) == ("2024-02-01", 10.0)
    given = [argument for argument in arguments(spec, "trainer") if argument.startswith("--set=")]
    assert [argument.partition("=")[2].partition("=")[0] for argument in given] == [
        "data.splits",
        "data.path",
        "training.epochs",
        "data.span",
    ]


def refused(out: Path, *settings: str) -> str:
    chosen = [f"--set={setting}" for setting in settings]
    done = CliRunner().invoke(command, ["compile", str(MOVIELENS), "--out", str(out), *chosen])
    assert isinstance(done.exception, ConfigError), done.exception
    assert done.exception.exit_code == 2
    assert "\n" not in str(done.exception)
    return str(done.exception)


def test_a_name_that_kubeflow_does_not_take(tmp_path: Path) -> None:
    out = tmp_path / "x.yaml"
    assert "name: String should have at most 63 characters (it is 'aaa" in refused(out, f"name={'a' * 64}")
    assert not out.exists()


@pytest.mark.parametrize("name", ["x.json", "x", "x.yaml.txt", ".yaml"])
def test_a_file_of_another_kind_is_not_written(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    assert refused(out) == f"--out {out}: the name of the file must end in .yaml."


@pytest.mark.parametrize(("name", "why"), [("file/x.yaml", "File exists"), (f"{'n' * 300}.yaml", "File name too long")])
def test_a_file_that_can_not_be_written(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").touch()
    assert refused(tmp_path / name) == f"--out {tmp_path / name}: can't be written: {why}."


def test_parameters_longer_than_a_run_may_have(tmp_path: Path) -> None:
    assert refused(tmp_path / "x.yaml", f"data.path=/{'x' * 10_000}").endswith(
        "bytes, at most 10,000 go: shorten data.path."
    )


TEXT = st.text(max_size=20) | st.sampled_from(
    ["{{$}}", "{{$.inputs.parameters['x']}}", "{{channel:task=;name=x;type=String;}}", "null", "99999999999999999999"]
)
KEYS = st.sampled_from(
    [
        "name",
        "data.path",
        "data.splits.train",
        "span",
        "training.epochs",
        "kubeflow.image",
        "kubeflow.metadata",
        "kubeflow.secret",
        "kubeflow.pipeline",
        "kubeflow.user",
        "kubeflow.timeout_minutes",
        "kubeflow.retries.attempts",
        "kubeflow.retries.wait_seconds",
        "kubeflow.retries.factor",
        "kubeflow.resources.gpus",
        "kubeflow.resources.gpu_type",
        "kubeflow.resources.cpu",
        "kubeflow.resources.node_selector.x",
    ]
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(assignment=st.tuples(KEYS, TEXT | st.integers().map(str)))
def test_no_name_and_no_value_is_more_than_an_error_in_words(assignment: tuple[str, str], tmp_path: Path) -> None:
    key, value = assignment
    with FEW_NODES:
        done = CliRunner().invoke(
            command, ["compile", str(MOVIELENS), "--out", str(tmp_path / "x.yaml"), f"--set={key}={value}"]
        )
    assert done.exception is None or isinstance(done.exception, ConfigError), done.exception
    if done.exception is None:
        assert list(yaml.safe_load_all((tmp_path / "x.yaml").read_text()))


def test_where_and_how_containers_run(compiled: Compile) -> None:
    gpu = "{gpus: 2, memory: 8Gi, tolerations: [{key: gpu, effect: NoSchedule}], node_selector: {gpu: h200}}"
    spec, platform = compiled(
        f"kubeflow.steps={{Trainer: {gpu}}}",
        "kubeflow.retries={attempts: 5, wait_seconds: 10, factor: 3}",
        "kubeflow.timeout_minutes=3",
        "kubeflow.secret=mine",
        "kubeflow.models={claim: served, path: /served}",
        image="registry/x:1",
    )
    for task in spec["root"]["dag"]["tasks"]:
        container = spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
        placed = platform[f"exec-{task}"]
        assert container["image"] == "registry/x:1"
        mounts = [(mount["constant"], mount["mountPath"]) for mount in placed["pvcMount"]]
        assert mounts == [("widedeep-root", "/mnt/widedeep"), ("served", "/served")]
        [secret] = placed["secretAsEnv"]
        assert secret["secretName"] == "mine"
        assert {key["secretKey"]: key["envVar"] for key in secret["keyToEnv"]} == {
            "username": "METADATA_USERNAME",
            "password": "METADATA_PASSWORD",
            "database": "METADATA_DATABASE",
        }
        assert placed["securityContext"] == {"runAsUser": "10001", "runAsGroup": "10001", "runAsNonRoot": True}
        assert placed["activeDeadlineSeconds"] == "180"
        assert spec["root"]["dag"]["tasks"][task]["retryPolicy"] == {
            "maxRetryCount": 5,
            "backoffDuration": "10s",
            "backoffFactor": 3.0,
            # Six attempts of three minutes, the waits of 10, 30, 90, 270 and 810 seconds, and a day.
            "backoffMaxDuration": f"{6 * 180 + 1210 + 86_400}s",
        }
        trains = task == "trainer"
        assert ("accelerator" in container["resources"]) == trains
        assert container["resources"]["resourceMemoryRequest"] == ("8Gi" if trains else "2Gi")
        assert ("tolerations" in placed) == ("nodeSelector" in placed) == trains
    resources = spec["deploymentSpec"]["executors"]["exec-trainer"]["container"]["resources"]
    assert (resources["accelerator"]["resourceType"], resources["accelerator"]["resourceCount"]) == (
        "nvidia.com/gpu",
        "2",
    )
    assert platform["exec-trainer"]["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert platform["exec-trainer"]["nodeSelector"] == {"labels": {"gpu": "h200"}}


def test_a_step_that_is_none_is_told(compiled: Compile) -> None:
    with pytest.raises(
        ConfigError, match=r"kubeflow\.steps: the pipeline has no node 'Trainr': did you mean 'Trainer'\?"
    ):
        compiled("kubeflow.steps={Trainr: {gpus: 1}}")


@pytest.mark.parametrize(
    "setting",
    [
        "kubeflow.user=0",
        "kubeflow.retries={factor: 2.5}",
        "kubeflow.resources={memory: lots}",
        "kubeflow.gpu=1",
    ],
)
def test_what_a_cluster_would_refuse_is_refused_here(compiled: Compile, setting: str) -> None:
    with pytest.raises(ConfigError, match=setting.partition("=")[0].split(".")[1]):
        compiled(setting)


def test_kfp_still_knows_who_asks_it(compiled: Compile) -> None:
    compiled()
    task = object.__new__(pipeline_task.PipelineTask)
    task.state, task.container_spec = pipeline_task.TaskState.FUTURE, None
    with pytest.raises(ValueError, match=r"^set_cpu_limit can only be used on single-step"):
        task.set_cpu_limit("1")
