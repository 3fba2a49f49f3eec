"""The commands in the how-tos name things that exist."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from widedeep.components import features
from widedeep.pipeline.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
HOWTO = ROOT / "kubeflow" / "README.md"
Object = dict[str, Any]
Build = Callable[..., list[Object]]


def commands() -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", HOWTO.read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").removeprefix("$ ").split("\n$ ")]
    return [shlex.split(line.strip().removesuffix("&")) for line in lines]


def after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


@pytest.fixture(scope="module")
def applied(build: Build) -> list[Object]:
    """What the how-to applies."""
    folders = [after(words, "--kustomize") for words in commands() if "--kustomize" in words]
    names = ("base", "data", "flink", "gc", "serving/base", "toolbox", "workers")
    assert {f"kubeflow/{name}" for name in names} == set(folders)
    return [manifest for folder in folders for manifest in build(folder.removeprefix("kubeflow/"))]


def test_what_is_waited_for_and_forwarded_is_applied(applied: list[Object]) -> None:
    known = {f"{resource['kind'].lower()}/{resource['metadata']['name']}" for resource in applied}
    kubectl = [word for words in commands() if words[0] == "kubectl" for word in words]
    named = {word for word in kubectl if re.fullmatch(r"(service|job|cronjob|pod|deployment|statefulset)/\S+", word)}
    # KFP's own.
    named.remove("service/ml-pipeline")
    assert len(named) == 6
    assert named <= known


def test_ports_are_forwarded_to_the_services_own(applied: list[Object]) -> None:
    [service] = [
        resource
        for resource in applied
        if resource["kind"] == "Service" and resource["metadata"]["name"] == "widedeep-serving"
    ]
    [words] = [words for words in commands() if "service/widedeep-serving" in words]
    asked = {int(word.partition(":")[2]) for word in words if re.fullmatch(r"\d+:\d+", word)}
    assert asked == {port["port"] for port in service["spec"]["ports"]}


def test_every_kubectl_names_the_namespace() -> None:
    used = [words for words in commands() if words[0] == "kubectl"]
    assert used
    assert all(after(words, "--namespace") in ("$NS", "kubeflow") for words in used)


def test_the_secret_has_the_templates_keys() -> None:
    template = yaml.safe_load((ROOT / "kubeflow" / "secret.template.yaml").read_text())
    [words] = [words for words in commands() if "secret" in words]
    keys = {word.split("=")[1] for word in words if word.startswith("--from-literal=")}
    assert words[words.index("generic") + 1] == template["metadata"]["name"]
    assert keys == set(template["stringData"])
    # Made on the spot, and written nowhere.
    [password] = [word for word in words if word.startswith("--from-literal=password=")]
    assert password.endswith("$(openssl rand -hex 24)")


def test_one_name_of_the_image_everywhere() -> None:
    [pushed] = [words[-1] for words in commands() if words[:2] == ["docker", "push"]]
    [tagged] = [words[-1] for words in commands() if words[:2] == ["docker", "tag"]]
    used = {after(words, "--image") for words in commands() if "--image" in words}
    assert {tagged, *used} == {pushed}
    for folder in ("data", "flink", "gc", "toolbox"):
        [image] = yaml.safe_load((ROOT / "kubeflow" / folder / "kustomization.yaml").read_text())["images"]
        assert f"{image['newName']}:{image['newTag']}" == pushed


def test_every_widedeep_command_has_its_options() -> None:
    # In the toolbox, too.
    used = [words[1:] for words in commands() if words[0] == ".venv/bin/widedeep"]
    used += [words[words.index("widedeep") + 1 :] for words in commands() if "--" in words]
    assert [words[0] for words in used].count("kubeflow") == 4
    for name, *words in used:
        command = importlib.import_module(f"widedeep.pipeline.commands.{COMMANDS[name]}").command
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        values, rest, order = command.make_parser(click.Context(command)).parse_args(list(words))
        assert rest == []
        given = {parameter.name for parameter in order}
        assert {parameter.name for parameter in command.params if parameter.required} <= given
        assert all(values[name] for name in given)


def test_requests_name_the_model_and_its_features() -> None:
    served = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((ROOT / "serving" / "tensorflow" / "models.config").read_text(), served)
    [model] = served.model_config_list.config
    declared = features.load(ROOT / "schema" / model.name / "features.yaml").by_key
    [rank] = [words for words in commands() if "rank" in words]
    assert after(rank, "--model") == model.name
    user = json.loads(after(rank, "--user"))
    assert {declared[key].side for key in user} == {"context"}
    [candidates] = [words for words in commands() if words[0] == "printf"]
    header = candidates[1].split("\\n")[0].split(",")
    assert {declared[key].side for key in header} == {"candidate"}
    [curl] = [words for words in commands() if words[0] == "curl"]
    assert curl[-1] == f"http://127.0.0.1:8501/v1/models/{model.name}:classify"
    body = json.loads(after(curl, "--data"))
    assert body["signature_name"] == "classify"
    for example in body["examples"]:
        assert all(isinstance(value, float) == (declared[key].kind == "numeric") for key, value in example.items())


@pytest.mark.parametrize("name", ["README.md", "vertex.md"])
def test_every_file_that_is_named_exists(name: str) -> None:
    text = (ROOT / "kubeflow" / name).read_text()
    paths = re.findall(r"`((?:[a-z-]+/)+[a-z-]*(?:\.[a-z]+)?)`", text)
    assert len(paths) >= 3
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "kubeflow" / path).exists(), path
