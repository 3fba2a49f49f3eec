"""Every object is one that Kubernetes takes, and every container is hardened: mistakes that only a cluster shows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
Build = Callable[..., list[Object]]
CANARY, MONITORING = "serving/components/canary", "serving/components/monitoring"
BUILDS = [
    ("base",),
    ("overlays/external-database",),
    ("data",),
    ("gc",),
    ("toolbox",),
    ("flink",),
    ("workers",),
    ("serving/base",),
    ("serving/base", CANARY),
    ("serving/base", MONITORING),
    ("serving/base", CANARY, MONITORING),
    ("serving/overlays/kserve",),
]
# What operators bring; test_manifests_operators.py has their schemas.
CUSTOM = {"FlinkDeployment", "InferenceService", "ServiceMonitor"}
# The oldest whose HorizontalPodAutoscaler, probes and policies are used here as they are, and the newest known.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]
FLINK = "flink-main-container"
every_build = pytest.mark.parametrize("folders", BUILDS, ids="+".join)


def pods(resource: Object) -> Iterator[Object]:
    """The pods' specs that an object makes."""
    spec = resource.get("spec", {})
    if resource["kind"] in ("Deployment", "StatefulSet"):
        pod = spec["template"]["spec"]
        claimed = [{"name": claim["metadata"]["name"]} for claim in spec.get("volumeClaimTemplates", [])]
        yield pod | {"volumes": pod["volumes"] + claimed}
    elif resource["kind"] == "Job":
        yield spec["template"]["spec"]
    elif resource["kind"] == "CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]
    elif resource["kind"] == "Pod":
        yield spec
    elif resource["kind"] == "InferenceService":
        yield spec["predictor"]
    elif resource["kind"] == "FlinkDeployment":
        for manager in ("jobManager", "taskManager"):
            yield merged(spec["podTemplate"]["spec"], spec[manager]["podTemplate"]["spec"], spec)


def merged(common: Object, own: Object, flink: Object) -> Object:
    """Flink's operator merges pod templates by the containers' names, and Flink sets the image and resources."""
    pod = copy.deepcopy(common)
    for container in own["containers"]:
        [same] = [container_ for container_ in pod["containers"] if container_["name"] == container["name"]] or [{}]
        if not same:
            pod["containers"].append(container)
        same.update(container)
    pod.setdefault("volumes", []).extend(own.get("volumes", []))
    for container in pod["containers"]:
        if container["name"] == FLINK:
            container["image"] = flink["image"]
    return pod


def containers(objects: list[Object]) -> Iterator[tuple[Object, Object]]:
    for manifest in objects:
        for pod in pods(manifest):
            assert pod["containers"]
            for container in pod["containers"] + pod.get("initContainers", []):
                yield pod, container


@every_build
@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_own_schemas_take_every_object(build: Build, folders: tuple[str, ...], version: str) -> None:
    objects = build(*folders)
    assert objects
    for manifest in objects:
        if manifest["kind"] not in CUSTOM:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_kubernetes_own_schema_takes_the_pods_that_flinks_operator_makes(build: Build) -> None:
    [flink] = [manifest for manifest in build("flink") if manifest["kind"] == "FlinkDeployment"]
    made = list(pods(flink))
    assert len(made) == 2
    for spec in made:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, "spec": spec}
        kubernetes_validate.validate(pod, VERSIONS[-1], strict=True)


def test_the_schemas_refuse_an_unknown_field(build: Build) -> None:
    """Else the tests above would pass for anything."""
    [claim, *_] = [manifest for manifest in build("base") if manifest["kind"] == "PersistentVolumeClaim"]
    wrong = claim | {"spec": claim["spec"] | {"accessMode": "ReadWriteMany"}}
    with pytest.raises(kubernetes_validate.ValidationError, match="accessMode"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@every_build
def test_no_object_names_a_namespace(build: Build, folders: tuple[str, ...]) -> None:
    """`kubectl --namespace` decides; a Prometheus operator's own namespace is only let in, not written to."""
    assert [manifest["metadata"]["name"] for manifest in build(*folders) if "namespace" in manifest["metadata"]] == []


@every_build
def test_no_container_is_root_or_can_become_it(build: Build, folders: tuple[str, ...]) -> None:
    for pod, container in containers(build(*folders)):
        of_pod, own = pod["securityContext"], container["securityContext"]
        assert (of_pod | own)["runAsNonRoot"] is True
        assert (of_pod | own)["runAsUser"] > 0
        assert (of_pod | own)["runAsGroup"] > 0
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in own
        assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


@every_build
def test_no_container_writes_but_to_its_volumes(build: Build, folders: tuple[str, ...]) -> None:
    for pod, container in containers(build(*folders)):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        names = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= names
        assert not any("hostPath" in volume for volume in pod["volumes"])
        assert all(volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume)


@every_build
def test_every_container_has_requests_limits_and_probes(build: Build, folders: tuple[str, ...]) -> None:
    for pod, container in containers(build(*folders)):
        # A Job's pod serves nobody.
        if pod.get("restartPolicy") != "Never":
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container), container["name"]
        if container["name"] != FLINK:
            for each in ("requests", "limits"):
                assert set(container["resources"][each]) == {"cpu", "memory"}


def test_flink_sets_its_own_containers_resources(build: Build) -> None:
    [flink] = [manifest for manifest in build("flink") if manifest["kind"] == "FlinkDeployment"]
    for manager in ("jobManager", "taskManager"):
        assert set(flink["spec"][manager]["resource"]) == {"cpu", "memory"}


@every_build
def test_every_image_names_a_version(build: Build, folders: tuple[str, ...]) -> None:
    for _, container in containers(build(*folders)):
        name, _, tag = container["image"].rpartition(":")
        assert name
        assert tag[0].isdigit(), container["image"]


@every_build
def test_no_pod_gets_a_token_that_it_does_not_need(build: Build, folders: tuple[str, ...]) -> None:
    objects = build(*folders)
    accounts = {manifest["metadata"]["name"]: manifest for manifest in objects if manifest["kind"] == "ServiceAccount"}
    bound = {
        subject["name"] for manifest in objects if manifest["kind"] == "RoleBinding" for subject in manifest["subjects"]
    }
    for resource in objects:
        for pod in pods(resource):
            name = (
                resource["spec"]["serviceAccount"]
                if resource["kind"] == "FlinkDeployment"
                else pod["serviceAccountName"]
            )
            assert name in accounts
            if name not in bound:
                assert accounts[name]["automountServiceAccountToken"] is False
                assert pod["automountServiceAccountToken"] is False
    for resource in objects:
        assert resource["kind"] not in ("ClusterRole", "ClusterRoleBinding")
        for rule in resource.get("rules", []) if resource["kind"] == "Role" else []:
            assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
            assert "secrets" not in rule["resources"]


@every_build
def test_no_secret_comes_with_the_manifests(build: Build, folders: tuple[str, ...]) -> None:
    assert [manifest["metadata"]["name"] for manifest in build(*folders) if manifest["kind"] == "Secret"] == []


def test_the_secrets_template_is_valid_and_blank() -> None:
    template = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())
    kubernetes_validate.validate(template, VERSIONS[-1], strict=True)
    assert template["stringData"] == {"username": "", "password": "", "database": ""}
    assert "data" not in template


def test_every_yaml_file_belongs_to_a_build_or_is_known_not_to() -> None:
    """A manifest that nobody builds is one that nobody checks."""
    apart = {"secret.template.yaml", "flink/pipeline.yaml", "movielens.yaml"}
    root = ROOT / "kubeflow"
    listed = set()
    for path in root.rglob("kustomization.yaml"):
        kustomization = yaml.safe_load(path.read_text())
        for key in ("resources", "components", "configurations"):
            listed |= {(path.parent / name).resolve() for name in kustomization.get(key, [])}
        folder = str(path.parent.relative_to(root))
        assert any(folder in folders for folders in BUILDS), folder
    for path in root.rglob("*.yaml"):
        known = path.name == "kustomization.yaml" or str(path.relative_to(root)) in apart
        assert known or path.resolve() in listed, path
