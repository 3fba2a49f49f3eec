"""What is trained with products in bfloat16 is as good, is kept in float32, and is served as it is evaluated."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn import metrics
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from widedeep.components.dryrun.batch_scores import batch_scores
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.requests import make_requests
from widedeep.components.dryrun.servers.server import start_server
from widedeep.components.dryrun.trial import trial
from widedeep.components.trainer import estimator
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training import state
from widedeep.components.trainer.training.state import new_training
from widedeep.components.trainer.training_options import TrainingOptions

SIGNATURES = ("serving_default", "predict_raw", "rank", "classify", "regress")


class Exported:
    """A model trained in a precision: the estimator, what it serves, and its state."""

    def __init__(self, prepared: Any, in_: str, folder: Path) -> None:
        asked: list[None] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(estimator, "warn_where_slow", lambda: asked.append(None))
            deep = {"hidden": [32, 16], "precision": in_}
            given = TrainingOptions.model_validate(prepared.options.model_dump() | {"epochs": 1, "deep": deep})
            self.estimator = WideDeepEstimator(prepared.spec, tft.TFTransformOutput(prepared.graph), given)
            self.estimator.train(prepared.train, prepared.eval)
        self.served, self.state = str(folder / "models" / "1"), str(folder / "state")
        self.estimator.export(self.served)
        self.estimator.save_state(self.state)
        # Whoever reads a state makes a training of it, and trains nothing.
        state.load(self.state)
        self.asked = len(asked)

    def nodes(self) -> Iterator[Any]:
        read = saved_model_pb2.SavedModel.FromString(Path(self.served, "saved_model.pb").read_bytes())
        for graph in read.meta_graphs:
            yield from graph.graph_def.node
            for function in graph.graph_def.library.function:
                yield from function.node_def


@pytest.fixture(scope="module")
def narrow(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported(prepared, "bfloat16", tmp_path_factory.mktemp("bfloat16"))


@pytest.fixture(scope="module")
def whole(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported(prepared, "float32", tmp_path_factory.mktemp("float32"))


def test_it_learns_as_much(toy):
    layout, random = make_layout(toy.spec, {}, "deep"), np.random.default_rng(4)
    rows = [toy.row(random, layout) for _ in range(1500)]
    batches = [toy.batch(layout, rows[start : start + 50]) for start in range(0, 1000, 50)]
    held_out = toy.batch(layout, rows[1000:])
    aucs = {
        in_: learned(new_training(toy.spec, options(in_), {}).trainer, batches, held_out)
        for in_ in ("float32", "bfloat16")
    }
    assert min(aucs["float32"]) > 0.8
    assert aucs["float32"] != aucs["bfloat16"]
    apart = statistics.fmean(aucs["bfloat16"]) - statistics.fmean(aucs["float32"])
    assert abs(apart) < statistics.stdev(aucs["float32"])


def options(in_: str, seed: int = 1) -> TrainingOptions:
    return TrainingOptions.model_validate(
        {"model": "deep", "seed": seed, "deep": {"hidden": [32, 16], "precision": in_}}
    )


def learned(trainer: Any, batches: list[Any], held_out: Any) -> list[float]:
    """The AUC by each of five seeds, from one trace."""
    start, aucs = [variable.numpy() for variable in trainer.variables], []
    for seed in range(1, 6):
        for variable, value in zip(trainer.variables, start, strict=True):
            variable.assign(value)
        fresh = new_model(trainer.model.layout, options("float32", seed))
        for variable, value in zip(trainer.model.variables, fresh.variables, strict=True):
            variable.assign(value)
        for _ in range(3):
            for batch in batches:
                trainer.step(batch)
        aucs.append(float(metrics.roc_auc_score(held_out.label, trainer.predict(held_out)[:, 0])))
    return aucs


def test_a_step_is_of_products_in_bfloat16_where_that_is_asked_for(narrow, whole):
    products = []
    for exported in (narrow, whole):
        graph = exported.estimator._training.trainer.step.get_concrete_function().graph
        made = [each for each in graph.get_operations() if each.type == "MatMul"]
        products.append(Counter(each.outputs[0].dtype.name for each in made))
    # Two hidden layers, forth and twice back.
    assert products == [{"float32": 3, "bfloat16": 6}, {"float32": 9}]


def test_all_that_is_kept_is_in_float32(narrow):
    stored = tf.train.load_checkpoint(str(Path(narrow.state, "weights-sums")))
    types = stored.get_variable_to_dtype_map().values()
    assert set(types) <= {tf.float32, tf.int64, tf.string}
    assert all(variable.dtype in (tf.float32, tf.int64) for variable in narrow.estimator._training.trainer.variables)


def test_what_is_served_is_the_graph_of_float32(narrow, whole):
    ours, theirs = list(narrow.nodes()), list(whole.nodes())
    assert Counter(node.op for node in ours) == Counter(node.op for node in theirs)
    types = {value for node in ours for attr in node.attr.values() for value in (attr.type, *attr.list.type)}
    assert types_pb2.DT_FLOAT in types
    assert types_pb2.DT_BFLOAT16 not in types


def test_every_signature_of_a_server_scores_as_it_was_evaluated(prepared, narrow, tmp_path, monkeypatch):
    """The dry run's own comparison of all rows by each signature, `rank` too, which splits the first product."""
    # The analysis by hand has left no schema beside its graph.
    monkeypatch.setattr(tft.TFTransformOutput, "raw_feature_spec", lambda _: prepared.parsing(prepared.spec))
    requests = list(make_requests(prepared.spec, SIGNATURES, [prepared.example(row) for row in prepared.raw]))
    expected = batch_scores(narrow.state, prepared.graph, [row for request in requests for row in request.rows])
    limits = DryRunOptions(server="stand_in", p99_ms=60_000.0, load_seconds=600.0, memory_mib=100_000.0)
    with start_server(Path(narrow.served).parent, limits, tmp_path / "log") as server:
        checks = {check.name: check for check in trial(server, requests, expected, limits)}
    assert [check.said for check in checks.values() if not check.ok] == []
    assert checks["largest difference from batch predictions"].value < 1e-6
    scores = narrow.estimator.predict(prepared.eval)
    np.testing.assert_allclose(expected[: len(requests[0].rows)], scores[: len(requests[0].rows)], rtol=0, atol=1e-6)


def test_predictions_are_those_of_the_same_weights_in_float32(prepared, narrow):
    given = TrainingOptions.model_validate_json(Path(narrow.state, "training.json").read_text())
    assert given.deep.precision == "bfloat16"
    plain = given.model_copy(update={"deep": given.deep.model_copy(update={"precision": "float32"})})
    made = WideDeepEstimator(prepared.spec, tft.TFTransformOutput(prepared.graph), plain)
    assert made.warm_start(narrow.state) == []
    assert (made.predict(prepared.eval) == narrow.estimator.predict(prepared.eval)).all()


def test_only_a_training_in_bfloat16_asks_what_the_processor_has(narrow, whole):
    assert (narrow.asked, whole.asked) == (1, 0)
