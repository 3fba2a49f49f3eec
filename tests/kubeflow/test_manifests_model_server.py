"""tensorflow_model_server is started alike everywhere: docker run, compose, Deployment, KServe."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "serving" / "tensorflow"
Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]

# tensorflow_serving/model_servers/main.cc at tag 2.20.0: every flag of flag_list.
# fmt: off
FLAGS = {
    "port", "grpc_socket_path", "rest_api_port", "rest_api_num_threads", "rest_api_timeout_in_ms",
    "rest_api_enable_cors_support", "enable_batching", "allow_version_labels_for_unavailable_models",
    "batching_parameters_file", "enable_per_model_batching_parameters", "model_config_file",
    "model_config_file_poll_wait_seconds", "model_name", "model_base_path", "num_load_threads",
    "num_unload_threads", "max_num_load_retries", "load_retry_interval_micros", "file_system_poll_wait_seconds",
    "flush_filesystem_caches", "tensorflow_session_parallelism", "tensorflow_session_config_file",
    "tensorflow_intra_op_parallelism", "tensorflow_inter_op_parallelism", "use_alts_credentials",
    "ssl_config_file", "platform_config_file", "per_process_gpu_memory_fraction", "saved_model_tags",
    "grpc_channel_arguments", "grpc_max_threads", "enable_model_warmup", "num_request_iterations_for_warmup",
    "version", "monitoring_config_file", "remove_unused_fields_from_bundle_metagraph", "prefer_tflite_model",
    "num_tflite_pools", "num_tflite_interpreters_per_pool", "enable_signature_method_name_check",
    "xla_cpu_compilation_enabled", "xla_gpu_compilation_enabled", "enable_profiler",
    "thread_pool_factory_config_file", "mixed_precision", "skip_initialize_tpu",
    "enable_grpc_healthcheck_service", "enable_serialization_as_tensor_content",
}
# fmt: on


def documented() -> list[str]:
    """The words of the `docker run` in the README, without the image's own."""
    text = (CONFIG / "README.md").read_text()
    command = text[text.index("$ docker run") : text.index("```", text.index("$ docker run"))]
    return shlex.split(command.removeprefix("$ ").replace("\\\n", " "))


def compose() -> Object:
    return yaml.safe_load((CONFIG / "compose.yaml").read_text())["services"]["serving"]


@pytest.fixture(scope="module")
def deployed(build: Build, pick: Pick) -> Object:
    [container] = pick(build("serving/base"), "Deployment", "widedeep-serving")["spec"]["template"]["spec"][
        "containers"
    ]
    return container


@pytest.fixture(scope="module")
def kserve(build: Build, pick: Pick) -> Object:
    [container] = pick(build("serving/overlays/kserve"), "InferenceService", "movielens")["spec"]["predictor"][
        "containers"
    ]
    return container


def flags(words: list[str]) -> dict[str, str]:
    pairs = [word.removeprefix("--").partition("=") for word in words if word.startswith("--")]
    assert all(separator for _, separator, _ in pairs)
    assert len({name for name, _, _ in pairs}) == len(pairs)
    return {name: value for name, _, value in pairs}


def after_image(words: list[str]) -> tuple[str, list[str]]:
    [at] = [number for number, word in enumerate(words) if word.startswith("tensorflow/serving:")]
    return words[at], words[at + 1 :]


def test_one_image_everywhere(deployed: Object, kserve: Object) -> None:
    image, _ = after_image(documented())
    assert {image, compose()["image"], deployed["image"], kserve["image"]} == {"tensorflow/serving:2.21.0"}


def test_its_minor_version_is_the_trainers() -> None:
    declared = (ROOT / "pyproject.toml").read_text()
    [minor] = re.findall(r'"tensorflow==(\d+\.\d+)\.\*"', declared)
    assert compose()["image"].startswith(f"tensorflow/serving:{minor}.")


def test_every_flag_is_one_of_the_servers(deployed: Object, kserve: Object) -> None:
    _, words = after_image(documented())
    for given in (words, compose()["command"], deployed["args"], kserve["args"]):
        assert set(flags(given)) <= FLAGS


def test_the_readme_names_no_other_flag() -> None:
    for name in re.findall(r"`--([a-z_]+)[=` ]", (CONFIG / "README.md").read_text()):
        assert name in FLAGS


def test_none_keeps_the_servers_few_threads(deployed: Object, kserve: Object) -> None:
    """Its own default is four a core, beyond which requests are refused."""
    _, words = after_image(documented())
    for given in (words, compose()["command"], deployed["args"], kserve["args"]):
        assert flags(given)["grpc_max_threads"] == "128"
    # Each is a thread of the container.
    assert compose()["pids_limit"] > 128 + 4 * 256


def test_compose_and_the_cluster_differ_where_the_machines_do(deployed: Object) -> None:
    local, cluster = flags(compose()["command"]), flags(deployed["args"])
    # In the cluster a change of the configuration makes new pods.
    assert local.pop("model_config_file_poll_wait_seconds") == "30"
    for kind in ("intra", "inter"):
        assert cluster[f"tensorflow_{kind}_op_parallelism"] == deployed["resources"]["limits"]["cpu"]
        assert local[f"tensorflow_{kind}_op_parallelism"] == str(compose()["cpus"])
    cluster.pop("grpc_channel_arguments")
    assert local == cluster


def test_kserves_container_is_the_deployments(deployed: Object, kserve: Object) -> None:
    ours = [port | {"protocol": "TCP"} for port in deployed["ports"]]
    assert kserve == deployed | {"name": "kserve-container", "ports": ours}
    # KServe's Service gives port 80 to the first.
    assert kserve["ports"][0]["name"] == "rest"


def test_kserves_pod_is_the_deployments(build: Build, pick: Pick) -> None:
    pod = pick(build("serving/base"), "Deployment", "widedeep-serving")["spec"]["template"]["spec"]
    spec = pick(build("serving/overlays/kserve"), "InferenceService", "movielens")["spec"]["predictor"]
    for key in ("securityContext", "nodeSelector", "terminationGracePeriodSeconds", "serviceAccountName"):
        assert spec[key] == pod[key]
    scaler = pick(build("serving/base"), "HorizontalPodAutoscaler", "widedeep-serving")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (scaler["minReplicas"], scaler["maxReplicas"])
    [metric] = scaler["metrics"]
    assert (spec["scaleMetric"], spec["scaleTarget"]) == ("cpu", metric["resource"]["target"]["averageUtilization"])


def test_probes_ask_for_the_model_that_is_served(deployed: Object) -> None:
    served = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((CONFIG / "models.config").read_text(), served)
    [model] = served.model_config_list.config
    root = f"/v1/models/{model.name}"
    assert deployed["readinessProbe"]["httpGet"]["path"] == f"{root}/metadata"
    [metrics] = re.findall(r'path: "(.+)"', (CONFIG / "monitoring.config").read_text())
    # Whatever becomes of the versions, a living server answers this; under another name the model needs one edit.
    for probe in ("startupProbe", "livenessProbe"):
        assert deployed[probe]["httpGet"]["path"] == metrics
    assert yaml.safe_dump(deployed).count(model.name) == 1
    assert f"GET {root}/metadata HTTP/1.0" in compose()["healthcheck"]["test"][-1]


def test_models_are_mounted_where_the_configuration_looks(deployed: Object) -> None:
    for name in ("models.config", "canary.config"):
        served = model_server_config_pb2.ModelServerConfig()
        text_format.Parse((CONFIG / name).read_text(), served)
        [model] = served.model_config_list.config
        assert model.base_path in {volume["target"] for volume in compose()["volumes"]}
        assert f'"$PWD/work/{model.name}/models:{model.base_path}:ro"' in (CONFIG / "README.md").read_text()
        assert any(model.base_path.startswith(f"{mount['mountPath']}/") for mount in deployed["volumeMounts"])


def test_every_file_that_is_named_lies_in_the_mounted_folder(deployed: Object) -> None:
    assert {"type": "bind", "source": ".", "target": "/config", "read_only": True} in compose()["volumes"]
    _, words = after_image(documented())
    for given in (words, compose()["command"], deployed["args"]):
        files = [value for name, value in flags(given).items() if name.endswith("_file")]
        assert len(files) == 2
        for value in files:
            assert (CONFIG / value.removeprefix("/config/")).is_file()


def test_the_canary_component_changes_the_list_of_models_alone(build: Build, pick: Pick, deployed: Object) -> None:
    objects = build("serving/base", "serving/components/canary")
    pod = pick(objects, "Deployment", "widedeep-serving")["spec"]["template"]["spec"]
    changed = {"model_config_file": "/config/canary.config"}
    assert flags(pod["containers"][0]["args"]) == flags(deployed["args"]) | changed
    # Nothing is loaded when a pod reads the labels.
    assert flags(deployed["args"])["allow_version_labels_for_unavailable_models"] == "true"


def test_docker_run_is_as_closed_as_compose() -> None:
    words = documented()
    assert {"--init", "--read-only", "no-new-privileges", "--user"} <= set(words)
    assert words[words.index("--cap-drop") + 1] == "ALL"
    published = [words[number + 1] for number, word in enumerate(words) if word == "-p"]
    assert published == compose()["ports"]
    mounts = [words[number + 1] for number, word in enumerate(words) if word == "-v"]
    assert len(mounts) == 2
    assert all(mount.endswith(":ro") for mount in mounts)
    image, own = after_image(words)
    assert words[words.index(image) - 1] == "tensorflow_model_server"
    assert flags(own)["port"], flags(own)["rest_api_port"] == ("8500", "8501")
