"""Lists of rows in an evaluation: what takes part in TFMA's pass, and what comes of it."""

from __future__ import annotations

import dataclasses
import os
from typing import TypeAlias

from tensorflow_model_analysis import evaluators, writers

from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, CHANGE, Measurement
from widedeep.components.evaluator.ranking.combiner import ListKeys
from widedeep.components.evaluator.ranking.ranking_record import RankingRecord
from widedeep.components.evaluator.ranking.tfma_extension import ranking_evaluator, ranking_writer
from widedeep.components.features.spec import FeatureSpec

_FILE = "ranking.json"
# What adds rows up in TFMA's pass, and what writes the sum.
Summation: TypeAlias = "tuple[evaluators.Evaluator, writers.Writer]"


def list_summations(spec: FeatureSpec, options: EvaluationOptions, uri: str) -> list[Summation]:
    """What each list of rows adds to; nothing where there are no lists.

    Args:
        spec: the feature declaration.
        options: which rows are one list.
        uri: folder that the result is written to.
    """
    if not options.list_key or not options.list_metrics(spec.label):
        return []
    keys, places = ListKeys.of(spec, options.list_key, options.group_by), options.ranking.at
    return [(ranking_evaluator(keys, places), ranking_writer(os.path.join(uri, _FILE), keys, places))]


def with_lists(measurement: Measurement, spec: FeatureSpec, options: EvaluationOptions, uri: str) -> Measurement:
    """A measurement with the metrics of the lists, if there are any.

    Args:
        measurement: of the rows.
        spec: the feature declaration.
        options: as of `list_summations`.
        uri: folder that the result was written to.
    """
    if not list_summations(spec, options, uri):
        return measurement
    record = RankingRecord.read(os.path.join(uri, _FILE))
    whole = measurement.whole
    candidate, baseline, change = (record.estimates(m, options.confidence) for m in (CANDIDATE, BASELINE, CHANGE))
    if not whole.baseline:
        # There is none, or its scores are no numbers.
        baseline = change = {}
    whole = dataclasses.replace(
        whole,
        candidate=whole.candidate | candidate,
        baseline=whole.baseline | baseline,
        change=whole.change | change,
    )
    return dataclasses.replace(measurement, whole=whole, lists=record.counts)
