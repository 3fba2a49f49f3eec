"""Weighs what is odd in the data, and stops the run on what is too odd to train on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components.example_validator import executor as example_validator
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from widedeep.components import features
from widedeep.components.common.errors import GateError
from widedeep.components.content.content_record import CONTENT, Content
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.content_findings import EarlierSpans, content_findings, content_notes, undeclared
from widedeep.components.gate.distances import distances
from widedeep.components.gate.findings import LEARNED_FROM, Finding, Statistics, absences, findings
from widedeep.components.gate.gate_options import GateOptions
from widedeep.components.gate.gate_verdict import VERDICT, Distance, GateVerdict
from widedeep.components.resolvers.window import span_of


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
        content, served = _content(input_dict, "examples"), _content(input_dict, "serving_examples")
        names = artifact_utils.decode_split_names(statistics.split_names)
        numbers = {split: stats_artifact_utils.load_statistics(statistics, split).proto() for split in names}
        against: list[Finding] = []
        moved: list[Distance] = []
        learned = numbers.get(LEARNED_FROM)
        for split in names:
            of_split = _anomalies(artifact_utils.get_split_uri([anomalies], split))
            columns = undeclared(content, split)
            against += findings(split, of_split, numbers[split], spec, columns)
            if learned and split != LEARNED_FROM:
                anomalous = of_split.anomaly_info.keys()
                against += absences(split, numbers[split], learned, spec, anomalous, columns)
            moved += _distances(split, numbers[split], input_dict, spec)
        for split, asked_for in _serving(input_dict):
            if learned:
                against += absences(split, asked_for, learned, spec, (), undeclared(served, split))
        against += [Finding(each.split, each.feature, each.reason) for each in moved if each.too_far]
        if content is not None:
            earlier = EarlierSpans(_earlier(input_dict), exec_properties["window"])
            against += content_findings(content, served, spec, options.unseen, earlier)
        told: dict[str, list[str]] = {"stop": [], "warn": [], "note": [], "ignore": []}
        for finding in against:
            told[finding.weight(options.severity(finding.feature))].append(str(finding))
        if told["stop"]:
            raise GateError(_stopped(told["stop"]))
        uri = artifact_utils.get_single_uri(output_dict["verdict"])
        notes = told["note"] + ([] if content is None else list(content_notes(content, served, spec)))
        if not input_dict.get("serving"):
            notes += _unmeasured(spec)
        GateVerdict(warnings=told["warn"], notes=notes, distances=moved).write(os.path.join(uri, VERDICT))


def _content(input_dict: dict[str, Any], key: str) -> Content | None:
    for examples in input_dict.get(key) or []:
        return Content.read(os.path.join(examples.uri, CONTENT))
    return None


def _earlier(input_dict: dict[str, Any]) -> dict[int, Content]:
    [read] = input_dict["examples"]
    paths = {
        span_of(examples): os.path.join(examples.uri, CONTENT)
        for examples in input_dict.get("spans") or []
        if examples.uri != read.uri
    }
    return {span: Content.read(path) for span, path in paths.items()}


def _distances(split: str, now: Statistics, input_dict: dict[str, Any], spec: FeatureSpec) -> Iterator[Distance]:
    """From the same split of the span before, and from all that was logged while serving."""
    for previous in input_dict.get("previous") or []:
        if split in artifact_utils.decode_split_names(previous.split_names):
            other = stats_artifact_utils.load_statistics(previous, split).proto()
            yield from distances(split, "drift", now, other, spec)
    for _, serving in _serving(input_dict):
        yield from distances(split, "skew", now, serving, spec)


def _serving(input_dict: dict[str, Any]) -> Iterator[tuple[str, Statistics]]:
    for serving in input_dict.get("serving") or []:
        for name in artifact_utils.decode_split_names(serving.split_names):
            yield name, stats_artifact_utils.load_statistics(serving, name).proto()


def _unmeasured(spec: FeatureSpec) -> list[str]:
    """Says whose limit of skew holds for nothing."""
    keys = ", ".join(feature.key for feature in spec.features if feature.skew is not None)
    said = "data.serving names no rows that a server was asked for: what features.yaml allows as skew is not measured"
    return [f"{said} ({keys})"] if keys else []


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
