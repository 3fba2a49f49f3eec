"""How much a run's model relies on each feature, for its report."""

from __future__ import annotations

import os

import tensorflow as tf
from tfx.utils import path_utils

from widedeep.components.common.errors import DataError
from widedeep.components.evaluator.rails.split_rows import SplitRows
from widedeep.components.explain.importance import METRICS, importance, used_features
from widedeep.components.explain.importance_record import ImportanceRecord
from widedeep.components.features.spec import FeatureSpec

# Rows of the split, and rows that are scored in all: some seconds.
_MOST_ROWS, _SCORED_ROWS = 5_000, 100_000
# On fewer a feature's importance is noise.
_LEAST_ROWS = 500


def feature_importance(model: str, examples: str, split: str, spec: FeatureSpec, confidence: float) -> ImportanceRecord:
    """Each feature's importance, in bounded time: of more features fewer rows are read, or none.

    Args:
        model: the Trainer's output.
        examples: ExampleGen's output.
        split: whose rows are read.
        spec: the feature declaration.
        confidence: of the intervals.
    """
    features = len(used_features(spec))
    most = min(_MOST_ROWS, _SCORED_ROWS // max(features, 1))
    if most < _LEAST_ROWS:
        return _left_out(spec, f"{features:,} features would take minutes: widedeep explain MODEL_DIR --importance")
    files = tf.io.gfile.glob(os.path.join(examples, f"Split-{split}", "*"))
    rows = SplitRows.read(files, most)
    try:
        served = path_utils.serving_model_path(model)
        return importance(served, rows.table, spec, confidence, all_rows=rows.whole)
    except DataError as error:
        return _left_out(spec, str(error))


def _left_out(spec: FeatureSpec, why: str) -> ImportanceRecord:
    return ImportanceRecord(metric=METRICS[spec.label.kind], rows=0, all_rows=False, features=[], left_out=why)
