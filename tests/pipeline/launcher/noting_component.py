"""A component whose executor takes note of each time that it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import component_spec, standard_artifacts


class Executor(base_beam_executor.BaseBeamExecutor):
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        [written] = output_dict["written"]
        Path(written.uri).mkdir(parents=True, exist_ok=True)
        with Path(exec_properties["notes"]).open("a") as notes:
            notes.write("ran\n")


class Spec(types.ComponentSpec):
    PARAMETERS = {"notes": component_spec.ExecutionParameter(type=str)}
    INPUTS: dict[str, Any] = {}
    OUTPUTS = {"written": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class Noting(base_beam_component.BaseBeamComponent):
    SPEC_CLASS = Spec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, notes: Path) -> None:
        super().__init__(Spec(notes=str(notes), written=types.Channel(type=standard_artifacts.Examples)))
