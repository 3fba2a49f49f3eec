"""A compiled pipeline as a file: its name, its parameters, and a name for its content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from widedeep.components.common.errors import ConfigError, shown
from widedeep.components.common.settings import nearest
from widedeep.components.common.yaml_text import from_yaml
from widedeep.pipeline.definition.spans.span_numbers import WAYS, WRITTEN
from widedeep.pipeline.kubeflow import training_parameter

Value = str | int | float | bool
# The parameter that names which spans are read.
SPAN = "span"
# The backend's limit on all parameters of a run together.
LARGEST_PARAMETERS = 10_000
# Of a run's, schedule's and experiment's name. The columns of runs hold 255, but not all that shows them.
LONGEST_NAME = 128
_TYPES: dict[str, type[Value]] = {"STRING": str, "NUMBER_INTEGER": int, "NUMBER_DOUBLE": float, "BOOLEAN": bool}


@dataclass(frozen=True)
class CompiledPipeline:
    """What `widedeep kubeflow compile` wrote.

    Attributes:
        file: where it lies.
        name: the pipeline's.
        version: names the content.
        parameters: the type of each parameter, as KFP names it.
        tasks: what each task is called, by its name; each task after those that it waits for.
    """

    file: Path
    name: str
    version: str
    parameters: dict[str, str]
    tasks: dict[str, str]

    @classmethod
    def read(cls, file: Path) -> CompiledPipeline:
        """Reads a compiled pipeline.

        Raises:
            ConfigError: it is none.
        """
        try:
            content = file.read_bytes()
            document = next(iter(yaml.safe_load_all(content)))
            name = document["pipelineInfo"]["name"]
            inputs = document["root"].get("inputDefinitions", {}).get("parameters", {})
            tasks = document["root"]["dag"]["tasks"]
            upstream = {key: task.get("dependentTasks", []) for key, task in tasks.items()}
            names = {key: tasks[key]["taskInfo"]["name"] for key in TopologicalSorter(upstream).static_order()}
        except OSError as error:
            raise ConfigError(f"{file}: can't be read: {error.strerror}.") from None
        except (yaml.YAMLError, StopIteration, KeyError, TypeError, AttributeError):
            raise ConfigError(
                f"{file}: is no compiled pipeline. Write one with: widedeep kubeflow compile PIPELINE.yaml --out {file}"
            ) from None
        types = {key: parameter["parameterType"] for key, parameter in inputs.items()}
        return cls(file, name, f"{name}-{hashlib.sha256(content).hexdigest()[:12]}", types, names)

    def run_parameters(self, assignments: Sequence[str]) -> dict[str, Value]:
        """The parameters of a run.

        Args:
            assignments: NAME=VALUE each.

        Raises:
            ConfigError: a name is unknown, a value of another type, or all are too long.
        """
        values = {}
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            if not equals:
                raise ConfigError(f"--param {assignment}: needs NAME=VALUE, for example --param epochs=5.")
            if name not in self.parameters:
                raise ConfigError(
                    f"--param {assignment}: {self.file} has no such parameter: {nearest(name, self.parameters)}"
                )
            values[name] = self._value(name, text)
        size = sum(len(f"{name}{value}".encode()) for name, value in values.items())
        if size > LARGEST_PARAMETERS:
            raise ConfigError(
                f"--param: all parameters together have {size:,} bytes, at most {LARGEST_PARAMETERS:,} go."
            )
        return values

    def _value(self, name: str, text: str) -> Value:
        kind = _TYPES[self.parameters[name]]
        if kind is str:
            if name == SPAN and not re.fullmatch(WRITTEN, text):
                raise ConfigError(f"--param {name}: no span is written so: {WAYS} (it is {shown(text)})")
            if name == training_parameter.NAME:
                return training_parameter.as_json(training_parameter.parse_training(text, f"--param {name}"))
            return text
        try:
            value = from_yaml(text)
            # As in settings; but there true is no number, either.
            if isinstance(value, bool) and kind is not bool:
                raise ValueError
            return TypeAdapter(kind).validate_python(value)
        except (yaml.YAMLError, ValueError):
            raise ConfigError(f"--param {name}: needs a value of type {kind.__name__} (it is {shown(text)})") from None


def check_names(name: str, experiment: str) -> None:
    """Names as the backend's database takes them.

    Args:
        name: of a run or schedule.
        experiment: of an experiment.

    Raises:
        ConfigError: one is empty or too long.
    """
    for option, text in (("--name", name), ("--experiment", experiment)):
        if not text.strip() or len(text) > LONGEST_NAME:
            raise ConfigError(f"{option} {shown(text)}: has {len(text)} characters; give 1 to {LONGEST_NAME}.")
