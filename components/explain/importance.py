"""How much a model relies on each feature: what is lost where the feature's values are dealt out anew among the rows.

Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019). All parts of the model take part, crosses with
the feature, too; of two features that say the same, either one makes up for the other. Values are dealt out once, and
the interval of what is lost leaves out groups of rows, paired.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders import example_coder

from widedeep.components.common.errors import DataError
from widedeep.components.common.metrics import higher_is_better
from widedeep.components.common.served_models import served_model
from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.statistics.intervals import estimate_change
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.supports import supports
from widedeep.components.evaluator.tfma_config import SCORE_KEY, SIGNATURE
from widedeep.components.explain.importance_record import FeatureImportance, ImportanceRecord
from widedeep.components.features.spec import Feature, FeatureSpec

METRICS = {"binary": "auc", "regression": "rmse", "multiclass": "logloss"}
_BATCH_ROWS = 4096
_SEED = 1


def importance(
    folder: str,
    table: pa.Table,
    spec: FeatureSpec,
    confidence: float,
    watch: Callable[[str], None] = lambda _: None,
    all_rows: bool = True,
) -> ImportanceRecord:
    """Deals out each feature's values anew, one feature after another.

    Args:
        folder: a served model.
        table: rows: list columns by key, those of label and weight among them.
        spec: the declaration that the model was trained by.
        confidence: of the intervals.
        watch: is told each feature's key before its values are dealt out.
        all_rows: whether these are all of their split.

    Raises:
        DataError: the metric is undefined on these rows.
    """
    scored = _Scored(folder, spec)
    metric = METRICS[spec.label.kind]
    whole = scored.rows(table)
    before, support = replicates(whole)[metric], supports(whole)
    if not np.isfinite(before).all():
        rows = f"these {table.num_rows:,} rows"
        raise DataError(f"on {rows} the model's {metric} is undefined: have nearly all of them the same label?")
    order = np.random.default_rng(_SEED).permutation(table.num_rows)
    sign = 1 if higher_is_better(metric) else -1
    importances: list[FeatureImportance] = []
    for feature in used_features(spec):
        watch(feature.key)
        lost = sign * (before - replicates(scored.rows(_dealt(table, feature, order)))[metric])
        loss = estimate_change(metric, float(lost.mean()), standard_error(lost), support, confidence)
        interval = (loss.low, loss.high) if loss.known else None
        importances.append(FeatureImportance(feature=feature.key, loss=loss.value, interval=interval))
    importances.sort(key=lambda each: -(each.loss or 0.0))
    return ImportanceRecord(metric=metric, rows=table.num_rows, all_rows=all_rows, features=importances)


def used_features(spec: FeatureSpec) -> list[Feature]:
    """Those that the model has an input of."""
    crossed = {key for cross in spec.crosses for key in cross.keys}
    return [each for each in spec.features if each.wide or each.deep is not None or each.key in crossed]


def _dealt(table: pa.Table, feature: Feature, order: np.ndarray) -> pa.Table:
    """The rows with a feature's values in another order, a missing one among them."""
    for name in (feature.key, feature.rest):
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, table[name].take(pa.array(order)))
    return table


class _Scored:
    """What comes of rows that a model scores."""

    def __init__(self, folder: str, spec: FeatureSpec) -> None:
        self._spec = spec
        self._model = served_model(folder)
        self._signature = self._model.signatures[SIGNATURE]
        [self._argument] = self._signature.structured_input_signature[1]
        self._encoder = example_coder.RecordBatchToExamplesEncoder()

    def rows(self, table: pa.Table) -> Accumulator:
        """Labels, scores and weights, added up."""
        label = _numbers(table, self._spec.label.key)
        weight = _numbers(table, self._spec.weight) if self._spec.weight else np.ones(table.num_rows)
        accumulator = Accumulator(self._spec.label, whole=False)
        accumulator.add(Batch(label, self._scores(table), weight, np.arange(table.num_rows) % GROUPS))
        return accumulator

    def _scores(self, table: pa.Table) -> np.ndarray:
        keys = {key for each in self._spec.features for key in (each.key, each.rest)}
        inputs = table.select([name for name in table.column_names if name in keys])
        parts = []
        for batch in inputs.combine_chunks().to_batches(max_chunksize=_BATCH_ROWS):
            examples = tf.constant(self._encoder.encode(batch))
            parts.append(self._signature(**{self._argument: examples})[SCORE_KEY].numpy())
        return np.concatenate(parts)


def _numbers(table: pa.Table, key: str) -> np.ndarray:
    return np.asarray(table[key].combine_chunks().flatten().to_numpy(zero_copy_only=False))
