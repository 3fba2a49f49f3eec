"""Flink's cluster and the options of the pipeline that uses it say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from widedeep.pipeline.definition.beam_options import BeamOptions, beam_args

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]


@pytest.fixture(scope="module")
def flink(build: Build, pick: Pick) -> Object:
    return pick(build("flink"), "FlinkDeployment", "widedeep-flink")


@pytest.fixture(scope="module")
def pool(flink: Object) -> Object:
    containers = flink["spec"]["taskManager"]["podTemplate"]["spec"]["containers"]
    [worker_pool] = [container for container in containers if container["name"] == "beam-worker-pool"]
    return worker_pool


@pytest.fixture(scope="module")
def options() -> Any:
    """Beam's own reading of the options that the pipeline hands to it."""
    from apache_beam.options import pipeline_options as beam

    snippet = yaml.safe_load((ROOT / "kubeflow" / "flink" / "pipeline.yaml").read_text())
    assert list(snippet) == ["beam"]
    arguments = beam_args(BeamOptions(**snippet["beam"]), "csv", 1)
    read = beam.PipelineOptions(arguments)
    # What Beam does not know it would ignore.
    unknown = {name.split("=")[0].removeprefix("--") for name in arguments} - set(read.get_all_options())
    assert unknown <= {"environment_config"}
    return read


def test_the_runner_is_flink_at_the_clusters_address(options: Any, flink: Object) -> None:
    from apache_beam.options import pipeline_options as beam

    given = options.view_as(beam.FlinkRunnerOptions)
    assert options.view_as(beam.StandardOptions).runner == "FlinkRunner"
    # The operator makes a Service NAME-rest.
    assert given.flink_master == f"http://{flink['metadata']['name']}-rest:8081"
    assert given.flink_submit_uber_jar is True
    assert given.parallelism > 1


def test_flinks_versions_agree(options: Any, flink: Object) -> None:
    from apache_beam.options import pipeline_options as beam

    version = options.view_as(beam.FlinkRunnerOptions).flink_version
    assert flink["spec"]["flinkVersion"] == f"v{version.replace('.', '_')}"
    assert flink["spec"]["image"].startswith(f"flink:{version}.")


def test_the_code_runs_in_the_side_car(options: Any, pool: Object) -> None:
    from apache_beam.options import pipeline_options as beam

    given = options.view_as(beam.PortableOptions)
    [port] = pool["ports"]
    assert given.environment_type == "EXTERNAL"
    assert given.environment_config == f"localhost:{port['containerPort']}"
    assert pool["args"] == [f"--service_port={port['containerPort']}"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert pool[probe]["tcpSocket"]["port"] == port["name"]


def test_the_side_cars_command_is_beams_worker_pool(pool: Object) -> None:
    from apache_beam.runners.worker import worker_pool_main

    assert pool["command"] == ["python", "-m", worker_pool_main.__name__]


def test_the_side_cars_image_is_set_in_one_place(build: Build, pool: Object) -> None:
    kustomization = yaml.safe_load((ROOT / "kubeflow" / "flink" / "kustomization.yaml").read_text())
    [image] = kustomization["images"]
    assert pool["image"] == f"{image['newName']}:{image['newTag']}"


def test_the_side_car_may_write_to_the_pipeline_root(flink: Object, pool: Object) -> None:
    [mount] = [mount for mount in pool["volumeMounts"] if mount["name"] == "root"]
    assert not mount.get("readOnly")
    assert flink["spec"]["podTemplate"]["spec"]["securityContext"]["fsGroup"] == pool["securityContext"]["runAsGroup"]


def test_flinks_pods_reach_each_other_at_fixed_ports(build: Build, pick: Pick, flink: Object) -> None:
    policy = pick(build("flink"), "NetworkPolicy", "widedeep-flink")["spec"]
    assert policy["podSelector"]["matchLabels"]["app"] == flink["metadata"]["name"]
    outside, inside = policy["ingress"]
    assert outside["ports"] == [{"port": 8081}]
    assert inside["from"] == [{"podSelector": policy["podSelector"]}]
    fixed = {int(value) for key, value in flink["spec"]["flinkConfiguration"].items() if key.endswith("port")}
    assert {port["port"] for port in inside["ports"]} == fixed
    # Whoever reaches the worker pool starts processes in it.
    assert 50000 not in {port["port"] for rule in policy["ingress"] for port in rule["ports"]}


def test_the_job_manager_may_make_pods(build: Build, pick: Pick, flink: Object) -> None:
    objects = build("flink")
    binding = pick(objects, "RoleBinding", "widedeep-flink")
    role = pick(objects, "Role", binding["roleRef"]["name"])
    assert [subject["name"] for subject in binding["subjects"]] == [flink["spec"]["serviceAccount"]]
    [rule] = [rule for rule in role["rules"] if "pods" in rule["resources"]]
    assert {"create", "delete", "watch"} <= set(rule["verbs"])


def test_memory_beside_the_heap_leaves_one(flink: Object) -> None:
    """Flink 1.20 sets apart: overhead a tenth, metaspace 256 MiB, managed four tenths of the rest, network a tenth."""
    settings, size = flink["spec"]["flinkConfiguration"], flink["spec"]["taskManager"]["resource"]["memory"]
    whole, off_heap = (
        int(text.removesuffix("m")) for text in (size, settings["taskmanager.memory.task.off-heap.size"])
    )
    flinks = 0.9 * whole - 256
    assert flinks - 0.5 * flinks - off_heap - 256 >= 700


def test_a_task_manager_without_memory_ends_and_its_work_is_tried_again(flink: Object) -> None:
    settings = flink["spec"]["flinkConfiguration"]
    assert (settings["taskmanager.jvm-exit-on-oom"], settings["cluster.uncaught-exception-handling"]) == (
        "true",
        "FAIL",
    )
    # More than there are regions in a pipeline's step.
    assert int(settings["restart-strategy.fixed-delay.attempts"]) >= 100


def test_nothing_is_packed_for_workers_that_install_nothing(options: Any) -> None:
    from apache_beam.options import pipeline_options as beam

    assert options.view_as(beam.WorkerOptions).sdk_container_image == "none"
