"""What one object says of another holds: labels, ports, claims, names, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.environment import SECRET_KEYS

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]
SERVING = ("serving/base", "serving/components/monitoring")


def template(workload: Object) -> Object:
    return workload["spec"]["template"]


def ports(pod: Object) -> dict[str, int]:
    return {
        port["name"]: port["containerPort"] for container in pod["containers"] for port in container.get("ports", [])
    }


@pytest.mark.parametrize(
    ("folders", "kind", "name"),
    [(("base",), "StatefulSet", "widedeep-metadata"), (SERVING, "Deployment", "widedeep-serving")],
)
def test_what_selects_pods_selects_those_of_the_workload(
    build: Build, pick: Pick, folders: tuple[str, ...], kind: str, name: str
) -> None:
    objects = build(*folders)
    workload = pick(objects, kind, name)
    labels = template(workload)["metadata"]["labels"].items()
    selectors = [workload["spec"]["selector"]["matchLabels"]]
    for manifest in objects:
        if manifest["kind"] == "Service":
            selectors.append(manifest["spec"]["selector"])
        if manifest["kind"] == "PodDisruptionBudget":
            selectors.append(manifest["spec"]["selector"]["matchLabels"])
        if manifest["kind"] == "NetworkPolicy":
            selectors.append(manifest["spec"]["podSelector"]["matchLabels"])
    spread = template(workload)["spec"].get("topologySpreadConstraints", [])
    selectors += [constraint["labelSelector"]["matchLabels"] for constraint in spread]
    assert len(selectors) >= 3
    for selector in selectors:
        assert selector
        assert selector.items() <= labels


@pytest.mark.parametrize(
    ("folders", "kind", "name"),
    [(("base",), "StatefulSet", "widedeep-metadata"), (SERVING, "Deployment", "widedeep-serving")],
)
def test_every_port_that_is_named_is_the_containers(
    build: Build, pick: Pick, folders: tuple[str, ...], kind: str, name: str
) -> None:
    objects = build(*folders)
    pod = template(pick(objects, kind, name))["spec"]
    known = ports(pod)
    asked = [
        port["targetPort"]
        for manifest in objects
        if manifest["kind"] == "Service"
        for port in manifest["spec"]["ports"]
    ]
    for resource in objects:
        if resource["kind"] == "NetworkPolicy":
            asked += [port["port"] for rule in resource["spec"]["ingress"] for port in rule["ports"]]
    for container in pod["containers"]:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked += [container[probe][how]["port"] for how in ("httpGet", "tcpSocket") if how in container[probe]]
    assert asked
    assert set(asked) <= set(known)


def test_the_autoscaler_and_the_budget_fit_the_deployment(build: Build, pick: Pick) -> None:
    objects = build("serving/base")
    deployment = pick(objects, "Deployment", "widedeep-serving")
    scaler = pick(objects, "HorizontalPodAutoscaler", "widedeep-serving")["spec"]
    budget = pick(objects, "PodDisruptionBudget", "widedeep-serving")["spec"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    # `kubectl apply` would otherwise put the number back each time.
    assert "replicas" not in deployment["spec"]
    # With as many pods as may be away, none would be left.
    assert scaler["minReplicas"] > budget["maxUnavailable"]
    assert scaler["maxReplicas"] > scaler["minReplicas"]
    # A percentage of what is requested.
    assert "cpu" in template(deployment)["spec"]["containers"][0]["resources"]["requests"]


def test_the_pod_ends_after_its_requests_have(build: Build, pick: Pick) -> None:
    deployment = pick(build("serving/base"), "Deployment", "widedeep-serving")
    pod = template(deployment)["spec"]
    [container] = pod["containers"]
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    assert int(seconds) < pod["terminationGracePeriodSeconds"]
    # Within these the pod is found not ready by nobody else, and leaves the Service.
    probe = container["readinessProbe"]
    assert int(seconds) >= probe["periodSeconds"] * probe["failureThreshold"]
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def claims(pod: Object) -> dict[str, Object]:
    return {
        volume["persistentVolumeClaim"]["claimName"]: volume["persistentVolumeClaim"]
        for volume in pod.get("volumes", [])
        if "persistentVolumeClaim" in volume
    }


def mounts(pod: Object, claim: str) -> set[str]:
    """Where the containers have it."""
    [volume] = [
        volume for volume in pod["volumes"] if volume.get("persistentVolumeClaim", {}).get("claimName") == claim
    ]
    every = [mount for container in pod["containers"] for mount in container.get("volumeMounts", [])]
    return {mount["mountPath"] for mount in every if mount["name"] == volume["name"]}


def test_the_steps_find_what_base_makes(build: Build, pick: Pick) -> None:
    options = KubeflowOptions()
    base = build("base")
    volumes = {
        volume["metadata"]["name"]: volume["spec"] for volume in base if volume["kind"] == "PersistentVolumeClaim"
    }
    assert set(volumes) == {options.root.claim, options.models.claim}
    assert all(spec["accessModes"] == ["ReadWriteMany"] for spec in volumes.values())
    secret = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())
    assert options.secret == secret["metadata"]["name"]
    [port] = pick(base, "Service", "widedeep-metadata")["spec"]["ports"]
    assert options.metadata == f"postgresql://widedeep-metadata:{port['port']}"


def test_the_compiled_pipeline_mounts_the_claims_and_reads_the_secret(build: Build) -> None:
    _, platform = yaml.safe_load_all((ROOT / "kubeflow" / "movielens.yaml").read_text())
    steps = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    claimed = {
        manifest["metadata"]["name"] for manifest in build("base") if manifest["kind"] == "PersistentVolumeClaim"
    }
    template = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())
    assert steps
    for step in steps.values():
        named = {mount["pvcNameParameter"]["runtimeValue"]["constant"] for mount in step["pvcMount"]}
        assert named == claimed
        [secret] = step["secretAsEnv"]
        assert secret["secretNameParameter"]["runtimeValue"]["constant"] == template["metadata"]["name"]
        assert {pair["secretKey"] for pair in secret["keyToEnv"]} == set(template["stringData"])


def test_servers_read_the_models_alone(build: Build, pick: Pick) -> None:
    models = KubeflowOptions().models.claim
    deployment = pick(build("serving/base"), "Deployment", "widedeep-serving")
    service = pick(build("serving/overlays/kserve"), "InferenceService", "movielens")
    for pod in (template(deployment)["spec"], service["spec"]["predictor"]):
        assert claims(pod) == {models: {"claimName": models, "readOnly": True}}
        assert mounts(pod, models) == {"/models"}
        [mount] = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["mountPath"] == "/models"]
        assert mount["readOnly"] is True
        # The steps make the files theirs.
        assert pod["securityContext"]["runAsUser"] == KubeflowOptions().user


def test_flink_and_the_data_lie_where_the_steps_look(build: Build, pick: Pick) -> None:
    options = KubeflowOptions()
    flink = pick(build("flink"), "FlinkDeployment", "widedeep-flink")["spec"]["taskManager"]["podTemplate"]["spec"]
    job = template(pick(build("data"), "Job", "widedeep-data"))["spec"]
    # The data job gives both claims to the steps' group: else the last step would be the first to write the other.
    assert set(claims(flink)) == {options.root.claim}
    assert set(claims(job)) == {options.root.claim, options.models.claim}
    assert mounts(job, options.models.claim) == {options.models.path}
    for pod in (flink, job):
        # At the same path: file names are handed on.
        assert mounts(pod, options.root.claim) == {options.root.path}
    [container] = job["containers"]
    name, out = container["args"][1], container["args"][3]
    assert out == f"{options.root.path}/data/{name}"
    assert (job["securityContext"]["runAsUser"], job["securityContext"]["fsGroup"]) == (options.user, options.user)
    [worker] = [container for container in flink["containers"] if container["name"] == "beam-worker-pool"]
    assert worker["securityContext"]["runAsUser"] == options.user


def test_no_pod_that_ends_has_a_side_car(build: Build, pick: Pick) -> None:
    """Which would run on, so that the pod never ends."""
    cron = pick(build("gc"), "CronJob", "widedeep-gc")["spec"]["jobTemplate"]
    for pod in (pick(build("data"), "Job", "widedeep-data"), cron):
        assert template(pod)["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"


def test_what_looks_after_the_volumes_sees_them_as_the_steps_do(build: Build, pick: Pick) -> None:
    options = KubeflowOptions()
    cron = pick(build("gc"), "CronJob", "widedeep-gc")["spec"]["jobTemplate"]["spec"]["template"]
    toolbox = pick(build("toolbox"), "Pod", "widedeep-toolbox")
    policy = pick(build("base"), "NetworkPolicy", "widedeep-metadata")["spec"]
    [rule] = policy["ingress"]
    [peer] = rule["from"]
    keys = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())["stringData"]
    for pod in (cron, toolbox):
        spec = pod["spec"]
        assert peer["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert set(claims(spec)) == {options.root.claim, options.models.claim}
        # Artifacts are known by their whole path.
        assert mounts(spec, options.root.claim) == {options.root.path}
        assert mounts(spec, options.models.claim) == {options.models.path}
        assert spec["securityContext"]["runAsUser"] == options.user
        [container] = spec["containers"]
        secret = [variable["valueFrom"]["secretKeyRef"] for variable in container["env"] if "valueFrom" in variable]
        assert {(reference["name"], reference["key"]) for reference in secret} == {
            (options.secret, key) for key in keys
        }
        assert {variable["name"] for variable in container["env"] if "valueFrom" in variable} == set(
            SECRET_KEYS.values()
        )
    [container] = cron["spec"]["containers"]
    assert container["args"][:4] == [
        "gc",
        f"{options.root.path}/movielens",
        f"--models={options.models.path}/movielens",
        f"--metadata={options.metadata}",
    ]
    [models] = [mount for mount in container["volumeMounts"] if mount["mountPath"] == options.models.path]
    assert models["readOnly"] is True


@pytest.mark.parametrize("folder", ["serving/base", "serving/overlays/kserve"])
def test_the_configuration_is_mounted_by_the_name_that_kustomize_gives_it(
    build: Build, pick: Pick, folder: str
) -> None:
    objects = build(folder)
    made = pick(objects, "ConfigMap", "widedeep-serving")
    pod = (
        template(pick(objects, "Deployment", "widedeep-serving"))["spec"]
        if folder == "serving/base"
        else pick(objects, "InferenceService", "movielens")["spec"]["predictor"]
    )
    [volume] = [volume for volume in pod["volumes"] if "configMap" in volume]
    # With the digest: a change of the files makes new pods.
    assert made["metadata"]["name"] != "widedeep-serving"
    assert volume["configMap"]["name"] == made["metadata"]["name"]
    folder_of_files = ROOT / "serving" / "tensorflow"
    assert made["data"] == {path.name: path.read_text() for path in folder_of_files.glob("*.config")}


def test_the_database_reads_the_keys_of_the_secrets_template(build: Build, pick: Pick) -> None:
    pod = template(pick(build("base"), "StatefulSet", "widedeep-metadata"))["spec"]
    secret = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())
    [container] = pod["containers"]
    [volume] = [volume for volume in pod["volumes"] if "secret" in volume]
    [mount] = [mount for mount in container["volumeMounts"] if mount["name"] == volume["name"]]
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    files = {variable["value"] for variable in container["env"] if variable["name"].endswith("_FILE")}
    assert files == {f"{mount['mountPath']}/{key}" for key in secret["stringData"]}


def test_the_external_database_has_the_internal_ones_name(build: Build, pick: Pick) -> None:
    inside, outside = build("base"), build("overlays/external-database")
    assert pick(outside, "Service", "widedeep-metadata")["spec"] == {
        "type": "ExternalName",
        "externalName": "postgresql.example.com",
    }
    kinds = [resource["kind"] for resource in outside]
    assert sorted(kinds) == ["PersistentVolumeClaim", "PersistentVolumeClaim", "Service"]
    assert [resource for resource in outside if resource["kind"] != "Service"] == [
        resource for resource in inside if resource["kind"] == "PersistentVolumeClaim"
    ]


def test_prometheus_may_and_does_ask_for_the_metrics(build: Build, pick: Pick) -> None:
    objects = build(*SERVING)
    monitor = pick(objects, "ServiceMonitor", "widedeep-serving")["spec"]
    service = pick(objects, "Service", "widedeep-serving")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    [endpoint] = monitor["endpoints"]
    [port] = [port for port in service["spec"]["ports"] if port["name"] == endpoint["port"]]
    [rule] = pick(objects, "NetworkPolicy", "widedeep-serving-monitoring")["spec"]["ingress"]
    assert rule["ports"] == [{"port": port["targetPort"]}]
    assert f'path: "{endpoint["path"]}"' in (ROOT / "serving" / "tensorflow" / "monitoring.config").read_text()


def test_servers_and_the_database_call_nobody(build: Build, pick: Pick) -> None:
    for folder, name in (("serving/base", "widedeep-serving"), ("base", "widedeep-metadata")):
        policy = pick(build(folder), "NetworkPolicy", name)["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert "egress" not in policy
        # An empty peer would be everybody.
        assert all(peer["podSelector"]["matchLabels"] for rule in policy["ingress"] for peer in rule["from"])
