"""Objects of operators have only fields that the operators know, by what the operators' projects publish."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]
KSERVE = "kserve==0.21.0"
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}

# helm/flink-kubernetes-operator/crds/flinkdeployments.flink.apache.org-v1.yml at release-1.15.0, which no package has.
FLINK_SPEC = {
    "": "flinkConfiguration flinkVersion image imagePullPolicy ingress job jobManager logConfiguration mode podTemplate"
    " restartNonce serviceAccount taskManager",
    "jobManager": "podTemplate replicas resource",
    "taskManager": "podTemplate replicas resource",
}
FLINK_RESOURCE = {"cpu": (int, float), "memory": str, "ephemeralStorage": str}
FLINK_VERSIONS = ("v1_19", "v1_20", "v2_0", "v2_1", "v2_2")  # what that release supports and does not deprecate
FLINK_MODES = ("native", "standalone")


@pytest.fixture(scope="module")
def kserve_types(cache: Path) -> dict[str, dict[str, str]]:
    """{type: {JSON key: type}} of KServe's published client."""
    folder = cache / KSERVE
    if not list(folder.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), KSERVE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"`pip download {KSERVE}`: {done.stderr.strip()[-300:]}")
    [wheel] = folder.glob("*.whl")
    types = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("kserve/models/"):
                types.update(_classes(archive.read(name).decode()))
    return types


def _classes(source: str) -> Iterator[tuple[str, dict[str, str]]]:
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        tables = {
            target.id: ast.literal_eval(statement.value)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name) and target.id in ("openapi_types", "attribute_map")
        }
        if len(tables) == 2:
            keys = tables["attribute_map"]
            yield node.name, {keys[name]: kind for name, kind in tables["openapi_types"].items()}


def faults(value: Any, kind: str, types: dict[str, dict[str, str]], where: str) -> list[str]:
    """What of `value` is not of the type `kind`: KServe's own by its table, Kubernetes' by the OpenAPI schemas."""
    if kind.startswith("list["):
        return [fault for n, item in enumerate(value) for fault in faults(item, kind[5:-1], types, f"{where}[{n}]")]
    if kind.startswith("dict("):
        inner = kind[5:-1].partition(", ")[2]
        return [fault for key, item in value.items() for fault in faults(item, inner, types, f"{where}.{key}")]
    if kind in PLAIN:
        return [] if isinstance(value, PLAIN[kind]) else [f"{where}: {value!r} is no {kind}"]
    if kind in types:
        unknown = [f"{where}.{key}: unknown" for key in value if key not in types[kind]]
        known = [(key, item) for key, item in value.items() if key in types[kind]]
        return unknown + [
            fault for key, item in known for fault in faults(item, types[kind][key], types, f"{where}.{key}")
        ]
    return [f"{where}: {error.message}" for error in of_kubernetes(kind.removeprefix("V1")).iter_errors(value)]


def of_kubernetes(name: str) -> jsonschema.Draft202012Validator:
    folder = resources.files(kubernetes_validate) / "kubernetes-json-schema"
    strict_schemas = folder / f"v{kubernetes_validate.latest_version()}-local-strict"
    definitions = json.loads((strict_schemas / "_definitions.json").read_text())["$defs"]
    [definition] = [key for key in definitions if key.endswith((f".core.v1.{name}", f".meta.v1.{name}"))]
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": definitions})


def test_kserve_knows_every_field(build: Build, pick: Pick, kserve_types: dict[str, dict[str, str]]) -> None:
    service = pick(build("serving/overlays/kserve"), "InferenceService", "movielens")
    assert service["apiVersion"] == "serving.kserve.io/v1beta1"
    assert faults(service, "V1beta1InferenceService", kserve_types, "") == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("spec", "predictor", "minReplica"), 1, ".spec.predictor.minReplica: unknown"),
        (("spec", "predictor", "minReplicas"), "1", ".spec.predictor.minReplicas: '1' is no int"),
        (("spec", "predictor", "volumes"), [{"nam": "x"}], "'nam' was unexpected"),
    ],
)
def test_what_kserve_does_not_know_is_a_fault(
    build: Build, pick: Pick, kserve_types: dict[str, dict[str, str]], path: tuple[str, ...], value: Any, fault: str
) -> None:
    """Else the test above would pass for anything."""
    service = pick(build("serving/overlays/kserve"), "InferenceService", "movielens")
    inner = service
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert any(fault in text for text in faults(service, "V1beta1InferenceService", kserve_types, ""))


def strict(schema: Any) -> Any:
    """The API server drops unknown fields without a word; here they are faults."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(part) for key, part in schema.items()}
    if made.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def test_the_prometheus_operator_takes_the_monitor(build: Build, pick: Pick, go_module: Callable[[str], Path]) -> None:
    path = "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"
    definition = yaml.safe_load((go_module(PROMETHEUS_OPERATOR) / path).read_text())["spec"]
    [version] = [version for version in definition["versions"] if version["name"] == "v1"]
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {}
    monitor = pick(build("serving/base", "serving/components/monitoring"), "ServiceMonitor", "widedeep-serving")
    assert monitor["apiVersion"] == f"{definition['group']}/v1"
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(monitor)) == []
    monitor["spec"]["endpoint"] = []
    [error] = validator.iter_errors(monitor)
    assert "'endpoint' was unexpected" in error.message


def test_flinks_operator_knows_every_field(build: Build, pick: Pick) -> None:
    flink = pick(build("flink"), "FlinkDeployment", "widedeep-flink")
    assert flink["apiVersion"] == "flink.apache.org/v1beta1"
    spec = flink["spec"]
    for part, known in FLINK_SPEC.items():
        assert set(spec[part] if part else spec) <= set(known.split())
    for manager in ("jobManager", "taskManager"):
        assert all(isinstance(value, FLINK_RESOURCE[key]) for key, value in spec[manager]["resource"].items())
    assert spec["flinkVersion"] in FLINK_VERSIONS
    assert spec["mode"] in FLINK_MODES
    # Flink reads strings; YAML would make numbers of them.
    assert all(isinstance(value, str) for value in spec["flinkConfiguration"].values())
