"""A compiled file's parameters."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline

DOCUMENT = {
    "pipelineInfo": {"name": "toy"},
    "root": {
        "inputDefinitions": {
            "parameters": {
                "epochs": {"parameterType": "NUMBER_INTEGER"},
                "rate": {"parameterType": "NUMBER_DOUBLE"},
                "path": {"parameterType": "STRING"},
                "span": {"parameterType": "STRING"},
            }
        },
        "dag": {
            "tasks": {
                "a-last": {"taskInfo": {"name": "ALast"}, "dependentTasks": ["b-next", "c-first"]},
                "b-next": {"taskInfo": {"name": "BNext"}, "dependentTasks": ["c-first"]},
                "c-first": {"taskInfo": {"name": "CFirst"}},
            }
        },
    },
}


@pytest.fixture
def compiled(tmp_path: Path) -> CompiledPipeline:
    file = tmp_path / "toy.yaml"
    file.write_text(yaml.safe_dump(DOCUMENT))
    return CompiledPipeline.read(file)


def test_the_version_names_the_content(compiled: CompiledPipeline) -> None:
    digest = hashlib.sha256(compiled.file.read_bytes()).hexdigest()
    assert (compiled.name, compiled.version) == ("toy", f"toy-{digest[:12]}")


def test_tasks_stand_in_an_order_in_which_they_can_run(compiled: CompiledPipeline) -> None:
    assert list(compiled.tasks.items()) == [("c-first", "CFirst"), ("b-next", "BNext"), ("a-last", "ALast")]


def test_values_have_the_parameters_types(compiled: CompiledPipeline) -> None:
    assert compiled.run_parameters(["epochs=5", "rate=0.5", "path=5", "path=a=b"]) == {
        "epochs": 5,
        "rate": 0.5,
        "path": "a=b",
    }
    assert compiled.run_parameters([]) == {}


def test_values_are_read_as_settings_are(compiled: CompiledPipeline) -> None:
    values = compiled.run_parameters(["epochs=010", "rate=1", "path=010", "span=010"])
    assert values == {"epochs": 10, "rate": 1.0, "path": "010", "span": "010"}
    assert {name: type(value) for name, value in values.items()} == {
        "epochs": int,
        "rate": float,
        "path": str,
        "span": str,
    }
    assert compiled.run_parameters(["epochs=0x1F", "span=2024-02-01"]) == {"epochs": 31, "span": "2024-02-01"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("epochs", "--param epochs: needs NAME=VALUE, for example --param epochs=5."),
        ("epoch=5", "has no such parameter: did you mean 'epochs'?"),
        ("epochs=many", "--param epochs: needs a value of type int (it is 'many')"),
        ("epochs=true", "--param epochs: needs a value of type int (it is 'true')"),
        ("epochs=1:30", "--param epochs: needs a value of type int (it is '1:30')"),
        ("epochs=2024-02-01", "--param epochs: needs a value of type int (it is '2024-02-01')"),
        (
            "span=1:30",
            "--param span: no span is written so: write latest, a number (5), a day (2024-02-01), or a range",
        ),
        ("epochs=[", "--param epochs: needs a value of type int (it is '[')"),
        ("path=" + "x" * 10_000, "all parameters together have 10,004 bytes, at most 10,000 go."),
    ],
)
def test_wrong_parameters_are_told(compiled: CompiledPipeline, given: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        compiled.run_parameters([given])


def test_parameters_may_be_as_long_as_the_server_takes(compiled: CompiledPipeline) -> None:
    assert compiled.run_parameters(["path=" + "x" * 9_996])


@pytest.mark.parametrize("text", ["", "a: 1", "- 1", "{", "root: {}\npipelineInfo: toy"])
def test_another_file_is_told_how_to_become_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        CompiledPipeline.read(file)
    assert str(caught.value) == (
        f"{file}: is no compiled pipeline. Write one with: widedeep kubeflow compile PIPELINE.yaml --out {file}"
    )
