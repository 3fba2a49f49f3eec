"""Flink's cluster and the options of the pipeline that uses it say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]


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


def test_nothing_is_packed_for_workers_that_install_nothing(options: Any) -> None:
    from apache_beam.options import pipeline_options as beam

    assert options.view_as(beam.WorkerOptions).sdk_container_image == "none"
