"""DataGate: the component that stops a run on bad data, as ExampleValidator alone does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator import executor as example_validator
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, component_spec, standard_artifacts
from tfx.utils import io_utils

from widedeep.components import features
from widedeep.components.common.errors import GateError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.distances import Statistics, distances
from widedeep.components.gate.findings import Finding, findings
from widedeep.components.gate.gate_options import GateOptions
from widedeep.components.gate.gate_verdict import VERDICT, Distance, GateVerdict


class DataVerdict(artifact.Artifact):
    """The gate's verdict, which exists only where the data passed: `verdict.json` holds a GateVerdict."""

    TYPE_NAME = "DataVerdict"


class DataGateSpec(types.ComponentSpec):
    """The contract of DataGate."""

    PARAMETERS = {
        "features": component_spec.ExecutionParameter(type=str),
        "options": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "previous": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "serving": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=DataVerdict)}


class Executor(base_executor.BaseExecutor):
    """Reads statistics and anomalies of every split, and the statistics to compare with."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Writes the verdict.

        Raises:
            GateError: a finding whose severity is `stop`; names split, feature, reason and counts of them all.
        """
        spec = features.from_json(exec_properties["features"])
        options = GateOptions.model_validate_json(exec_properties["options"])
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        anomalies = artifact_utils.get_single_instance(input_dict["anomalies"])
        against: list[Finding] = []
        moved: list[Distance] = []
        for split in artifact_utils.decode_split_names(statistics.split_names):
            of_split = _anomalies(artifact_utils.get_split_uri([anomalies], split))
            numbers = stats_artifact_utils.load_statistics(statistics, split).proto()
            against += findings(split, of_split, numbers, spec)
            moved += _distances(split, numbers, input_dict, spec)
        against += [Finding(each.split, each.feature, each.reason) for each in moved if each.too_far]
        by_severity: dict[str, list[str]] = {"stop": [], "warn": [], "ignore": []}
        for finding in against:
            severity = "stop" if finding.fatal else options.severity(finding.feature)
            by_severity[severity].append(str(finding))
        if by_severity["stop"]:
            raise GateError(_stopped(by_severity["stop"]))
        uri = artifact_utils.get_single_uri(output_dict["verdict"])
        GateVerdict(warnings=by_severity["warn"], distances=moved).write(os.path.join(uri, VERDICT))


def _distances(split: str, now: Statistics, input_dict: dict[str, Any], spec: FeatureSpec) -> Iterator[Distance]:
    """From the same split of the span before, and from all that was logged while serving."""
    for previous in input_dict.get("previous") or []:
        if split in artifact_utils.decode_split_names(previous.split_names):
            other = stats_artifact_utils.load_statistics(previous, split).proto()
            yield from distances(split, "drift", now, other, spec)
    for serving in input_dict.get("serving") or []:
        for name in artifact_utils.decode_split_names(serving.split_names):
            yield from distances(split, "skew", now, stats_artifact_utils.load_statistics(serving, name).proto(), spec)


def _anomalies(uri: str) -> anomalies_pb2.Anomalies:
    path = os.path.join(uri, example_validator.DEFAULT_FILE_NAME)
    return anomalies_pb2.Anomalies.FromString(io_utils.read_bytes_file(path))


def _stopped(reasons: list[str]) -> str:
    listed = "\n".join(f"  - {reason}" for reason in reasons)
    return (
        f"the data is not as it should be:\n{listed}\n"
        "Mend the data, or say in schema.pbtxt (of drift and skew, in features.yaml) that such values are right, "
        "or set gate.features.<name>: warn in the pipeline's config."
    )


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
                verdict=types.Channel(type=DataVerdict),
            )
        )
