"""Simple models beside the candidate in an evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import tensorflow as tf

from widedeep.components.common.served_models import served_model
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import CANDIDATE
from widedeep.components.evaluator.rails.paired_scores import PairedScores
from widedeep.components.evaluator.rails.rails_record import Rail, RailName, RailsRecord
from widedeep.components.evaluator.rails.simple_models import Labelled, candidate_key, logistic_regression, popularity
from widedeep.components.evaluator.rails.split_rows import SplitRows
from widedeep.components.evaluator.tfma_config import SCORE_KEY, SIGNATURE
from widedeep.components.features.spec import FeatureSpec

# Of either split. More would make the simple models hardly better, and cost a report minutes.
MOST_ROWS = 100_000


def measure_rails(
    model: str,
    train_files: Sequence[str],
    files: Sequence[str],
    spec: FeatureSpec,
    options: EvaluationOptions,
    at_most: int = MOST_ROWS,
) -> RailsRecord | None:
    """Trains simple models on some rows, and measures them and the candidate on others.

    Args:
        model: folder of the candidate's SavedModel.
        train_files: gzipped TFRecords of raw tf.Examples to learn from.
        files: the same of the split that models are judged on.
        spec: the feature declaration.
        options: of the evaluation.
        at_most: rows of each to take.

    Returns:
        What they came to; None where the label is not binary, or not both splits have rows of both labels.
    """
    if spec.label.kind != "binary" or not options.rails or not train_files:
        return None
    train = Labelled.of(spec, SplitRows.read(train_files, at_most))
    judged = Labelled.of(spec, SplitRows.read(files, at_most))
    if not (0 < train.rate < 1 and 0 < judged.rate < 1):
        return None
    key = candidate_key(spec, train.rows)
    scores = {"constant": np.full(judged.rows.count, train.rate)}
    if key:
        scores["popularity"] = popularity(key, train, judged.rows)
    scores["logistic_regression"] = logistic_regression(spec, train, judged.rows)
    paired = PairedScores(spec, options, judged, {CANDIDATE: _scores(model, judged.rows)} | scores)
    return RailsRecord(
        rows=judged.rows.count,
        all_rows=judged.rows.whole,
        train_rows=train.rows.count,
        all_train_rows=train.rows.whole,
        candidate_key=key,
        candidate=_numbers(paired.metrics[CANDIDATE]),
        rails=[_rail(name, paired) for name in scores],
    )


def _rail(name: str, paired: PairedScores) -> Rail:
    changes = paired.change(CANDIDATE, name)
    return Rail(
        name=cast("RailName", name),
        metrics=_numbers(paired.metrics[name]),
        changes=_numbers({metric: change.value for metric, change in changes.items()}),
        intervals={metric: (change.low, change.high) for metric, change in changes.items() if change.known},
    )


def _scores(model: str, rows: SplitRows) -> np.ndarray:
    """The served scores, float64 [n]; those that are no number are the lowest."""
    loaded = served_model(model)
    signature = loaded.signatures[SIGNATURE]
    [name] = signature.structured_input_signature[1]
    parts = [signature(**{name: tf.constant(batch)})[SCORE_KEY].numpy() for batch in rows.serialized]
    scores = np.concatenate(parts).reshape(-1).astype(np.float64)
    return np.where(np.isfinite(scores), scores, 0.0)


def _numbers(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
