"""The exported model: pruned, it scores as the whole one, and tells its wide weights and its declaration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components import features
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.export.served_model import WideColumn, wide_weights
from widedeep.components.trainer.model.inputs import from_transformed
from widedeep.components.trainer.model.pruned_table import PrunedTable
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.state import load
from widedeep.components.trainer.training_options import TrainingOptions

MANY_ZEROS = {"wide": {"l1": 2.5}}


def estimator(prepared: Any, **changes: Any) -> WideDeepEstimator:
    options = TrainingOptions.model_validate(prepared.options.model_dump() | changes)
    return WideDeepEstimator(prepared.spec, tft.TFTransformOutput(prepared.graph), options)


def export(made: WideDeepEstimator, folder: Path, pruned: bool = True) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrunedTable, "pays", lambda _: pruned)
        made.export(str(folder))
    return str(folder)


class Exported:
    """One trained model, pruned and whole; `wide` is its table."""

    def __init__(self, prepared: Any, folder: Path) -> None:
        self.estimator = estimator(prepared, **MANY_ZEROS)
        self.estimator.train(prepared.train, prepared.eval)
        self.pruned, self.whole = (export(self.estimator, folder / str(way), way) for way in (True, False))
        self.estimator.save_state(str(folder / "state"))
        training = load(str(folder / "state"))
        self.layout, self.wide = training.layout, training.trainer.model.wide.numpy()


@pytest.fixture(scope="module")
def exported(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported(prepared, tmp_path_factory.mktemp("export"))


def scores(prepared: Any, path: str) -> dict[str, np.ndarray]:
    serving = tf.saved_model.load(path).signatures["serving_default"]
    outputs = serving(examples=tf.constant([prepared.example(row) for row in prepared.raw]))
    return {name: value.numpy() for name, value in outputs.items()}


def test_the_pruned_model_scores_as_the_whole_one_and_as_the_estimator(prepared, exported):
    pruned, whole = scores(prepared, exported.pruned), scores(prepared, exported.whole)
    for name in ("score", "logit"):
        np.testing.assert_allclose(pruned[name], whole[name], rtol=0, atol=1e-7)
    np.testing.assert_allclose(pruned["score"], exported.estimator.predict(prepared.eval), rtol=0, atol=1e-6)
    assert pruned["score"].std() > 0.03


def test_the_pruned_model_is_smaller(exported):
    pruned, whole = (
        Path(path, "variables", "variables.data-00000-of-00001").stat().st_size
        for path in (exported.pruned, exported.whole)
    )
    rows, kept = len(exported.wide), np.count_nonzero(exported.wide)
    assert 0 < kept < rows / 2
    # 4 bytes a row that is gone; bits and counts take 8 bytes for each 32 rows. The rest tells the variables' names.
    assert whole - pruned == pytest.approx(4 * (rows - kept - 1) - 8 * -(-rows // 32), abs=500)


@pytest.mark.parametrize("way", ["pruned", "whole"])
def test_the_wide_weights_are_the_rows_that_are_not_zero(exported, way):
    columns = wide_weights(getattr(exported, way))
    assert list(columns) == [slot.column for slot in exported.layout.wide.slots]
    assert list(columns) == ["user_id", "history_id", "age_id", "item_id", "history_x_item", "user_x_item"]
    for slot in exported.layout.wide.slots:
        weights = exported.wide[slot.offset : slot.offset + slot.size, 0]
        column = columns[slot.column]
        assert isinstance(column, WideColumn)
        assert column.ids.tolist() == np.flatnonzero(weights).tolist()
        assert (column.weights == weights[weights != 0]).all()
    assert sum(len(column.ids) for column in columns.values()) == np.count_nonzero(exported.wide) > 10


def test_beside_the_model_lies_what_it_was_made_of(prepared, exported):
    extra = Path(exported.pruned, "assets.extra")
    assert features.from_json((extra / "features.json").read_text()) == prepared.spec
    assert json.loads((extra / "wide.json").read_text()) == {
        "columns": [
            {"column": slot.column, "offset": slot.offset, "size": slot.size} for slot in exported.layout.wide.slots
        ],
        "rows": len(exported.wide),
        "nonzero": np.count_nonzero(exported.wide),
    }
    assert exported.estimator.wide_rows == (len(exported.wide), np.count_nonzero(exported.wide))


def test_a_deep_model_has_no_wide_weights(prepared, tmp_path):
    made = estimator(prepared, model="deep")
    path = export(made, tmp_path / "model")
    assert wide_weights(path) == {}
    assert json.loads((tmp_path / "model" / "assets.extra" / "wide.json").read_text()) == {
        "columns": [],
        "rows": 0,
        "nonzero": 0,
    }
    assert made.wide_rows == (0, 0)
    assert set(scores(prepared, path)) == {"score", "logit"}


def test_an_untrained_wide_model_has_columns_without_weights(prepared, tmp_path):
    path = export(estimator(prepared, model="wide"), tmp_path / "model")
    assert [len(column.ids) for column in wide_weights(path).values()] == [0] * 6
    assert scores(prepared, path)["score"].tolist() == [0.5] * 300


def read_rows(uses: Any) -> tf.Tensor:
    return tf.gather(uses.rows, uses.position)


def test_a_server_reads_the_inputs_that_the_trainer_read(prepared, exported):
    """Raw rows through Transform's exported graph, against the same rows of the transformed files."""
    graph = tf.saved_model.load(tft.TFTransformOutput(prepared.graph).transform_savedmodel_dir)
    parsing = prepared.parsing(prepared.spec)
    raw = tf.io.parse_example(tf.constant([prepared.example(row) for row in prepared.raw]), parsing)
    served = from_transformed(exported.layout, graph.transform_fn(raw), tf.constant(300, tf.int64))
    (block,) = SplitExamples(prepared.eval, prepared.spec, exported.layout).blocks()
    (batch,) = block.batches(300, np.arange(300))
    assert len(served.uses) == len(batch.inputs.uses) == 3
    for ours, theirs in zip(served.uses, batch.inputs.uses, strict=True):
        assert len(ours.rows) > 10
        for served_rows, trained_rows in ((read_rows(ours), read_rows(theirs)), (ours.cell, theirs.cell)):
            assert served_rows.dtype == trained_rows.dtype
            assert served_rows.numpy().tolist() == trained_rows.numpy().tolist()
    assert served.dense.shape == [300, 4]
    assert (served.dense.numpy() == batch.inputs.dense.numpy()).all()
