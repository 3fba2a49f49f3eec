"""DataGate: the component that stops a run on bad data, as ExampleValidator alone does not."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import artifact, component_spec, standard_artifacts

from widedeep.components.gate.executor import Executor
from widedeep.components.gate.gate_options import GateOptions


class DataVerdict(artifact.Artifact):
    """The gate's verdict, which exists only where the data passed: `verdict.json` holds a GateVerdict."""

    TYPE_NAME = "DataVerdict"


class DataGateSpec(types.ComponentSpec):
    """The contract of DataGate."""

    PARAMETERS = {
        "features": component_spec.ExecutionParameter(type=str),
        "options": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
        "window": component_spec.ExecutionParameter(type=int),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "previous": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "serving": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "serving_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "spans": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=DataVerdict)}


class DataGate(base_component.BaseComponent):
    """Passes, or stops the run."""

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: types.Channel,
        anomalies: types.Channel,
        spec: str,
        options: GateOptions,
        code: str,
        previous: types.Channel | None = None,
        serving: types.Channel | None = None,
        examples: types.Channel | None = None,
        serving_examples: types.Channel | None = None,
        spans: types.Channel | None = None,
        window: int = 1,
    ) -> None:
        """The gate over one run's statistics and anomalies.

        Args:
            statistics: StatisticsGen's output.
            anomalies: ExampleValidator's output.
            spec: the feature declaration as JSON.
            options: severities.
            code: digest of the gate's code, a part of the cache key.
            previous: statistics of the span before, for drift.
            serving: statistics of what was logged while serving, for skew.
            examples: ExampleGen's output, whose content the statistics tell too little of.
            serving_examples: the same of what was logged while serving.
            spans: the examples of the span and of those before it.
            window: spans that the model is trained on.
        """
        super().__init__(
            DataGateSpec(
                features=spec,
                options=options.model_dump_json(),
                code=code,
                statistics=statistics,
                anomalies=anomalies,
                previous=previous,
                serving=serving,
                examples=examples,
                serving_examples=serving_examples,
                spans=spans,
                window=window,
                verdict=types.Channel(type=DataVerdict),
            )
        )
