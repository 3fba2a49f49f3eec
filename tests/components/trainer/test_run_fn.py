"""The Trainer's run_fn on really transformed data: what it exports, refuses and repeats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn import metrics

from components import progress
from components.errors import ConfigError, DataError
from components.trainer.ablation import compare
from components.trainer.inputs import batches
from components.trainer.run import Trained, run_fn, train


def trained(prepared: Any, **training: Any) -> Trained:
    options = prepared.options.model_validate(prepared.options.model_dump() | training)
    graph = tft.TFTransformOutput(prepared.graph)
    return train(prepared.train, prepared.eval, graph, prepared.spec, options, lambda _: None)


@pytest.fixture(scope="module")
def exported(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    reports: list[dict[str, Any]] = []
    with progress.listening(reports.append):
        run_fn(prepared.fn_args(folder))
    (folder / "reports.json").write_text(json.dumps(reports))
    return folder


def test_it_learns_and_tells(exported):
    curve = json.loads((exported / "run" / "training.json").read_text())
    # 600 rows in batches of 64.
    assert [(row["step"], row["examples"]) for row in curve] == [(10, 600), (20, 600)]
    assert max(row["auc"] for row in curve) > 0.6
    reports = json.loads((exported / "reports.json").read_text())
    assert reports[-1] == {"step": 20, "steps": 20, "loss": curve[-1]["loss"], "auc": curve[-1]["auc"]}


def test_the_served_model_scores_as_the_trainer(prepared, exported):
    """Raw examples through the SavedModel, transformed ones through the trainer: training equals serving."""
    serving = tf.saved_model.load(str(exported / "serving")).signatures["serving_default"]
    raw = tf.constant([prepared.example(row) for row in prepared.raw])
    served = serving(examples=raw)
    ours = trained(prepared)
    parts = [ours.trainer.predict(batch) for batch in batches(prepared.eval, ours.parsing, 100)]
    logit, label, weight = (np.concatenate([part[index] for part in parts]) for index in range(3))
    np.testing.assert_allclose(served["logit"].numpy(), logit, rtol=0, atol=1e-6)
    np.testing.assert_allclose(served["score"].numpy(), 1 / (1 + np.exp(-logit)), rtol=0, atol=1e-6)
    assert logit.std() > 0.1
    kept = next(row for row in ours.curve if row["kept"])
    assert metrics.roc_auc_score(label, logit, sample_weight=weight) == pytest.approx(kept["auc"], abs=1e-9)


def test_one_row_scores_as_in_a_batch(prepared, exported):
    serving = tf.saved_model.load(str(exported / "serving")).signatures["serving_default"]
    raw = [prepared.example(row) for row in prepared.raw[:20]]
    whole = serving(examples=tf.constant(raw))["logit"].numpy()
    alone = [serving(examples=tf.constant([record]))["logit"].numpy()[0] for record in raw]
    np.testing.assert_allclose(alone, whole, rtol=0, atol=1e-6)
    assert serving(examples=tf.constant([], tf.string))["score"].shape == [0]


_SERVING_ALONE = """
import json, sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
examples = [bytes.fromhex(line) for line in sys.stdin.read().split("\\n")]
scores = model.signatures["serving_default"](examples=tf.constant(examples))["score"].numpy().tolist()
loaded = {name.partition(".")[0] for name in sys.modules}
foreign = sorted(loaded & {"tfx", "tfx_bsl", "tensorflow_transform", "components"})
print(json.dumps({"scores": scores, "foreign": foreign}))
"""


def test_the_served_model_needs_tensorflow_alone_and_bears_any_gap(prepared, exported, tmp_path):
    whole = {"user": ["user3"], "history": ["item1", "item2"], "age": [30.0], "item": ["item2"], "price": [9.5]}
    rows = [whole]
    rows += [{key: values for key, values in whole.items() if key != absent} for absent in whole]
    rows += [{}, {"user": ["nobody"], "history": ["nothing", "ünknown"], "item": ["новый"]}]
    records = [prepared.example(row) for row in rows]
    done = subprocess.run(
        [sys.executable, "-c", _SERVING_ALONE, str(exported / "serving")],
        input="\n".join(record.hex() for record in records),
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["foreign"] == []
    assert len(answer["scores"]) == len(rows)
    assert all(0 < score < 1 for score in answer["scores"])
    # Each gap says something: no row scores as the whole one.
    assert all(abs(score - answer["scores"][0]) > 1e-7 for score in answer["scores"][1:])


def test_one_seed_gives_one_model_bit_for_bit(prepared):
    dropout = {"deep": {"hidden": [16, 8], "dropout": 0.2}}
    first, again, other = (trained(prepared, seed=seed, **dropout) for seed in (1, 1, 2))
    states = [[variable.numpy() for variable in one.trainer.variables] for one in (first, again, other)]
    assert all((ours == theirs).all() for ours, theirs in zip(states[0], states[1], strict=True))
    assert first.curve[-1]["auc"] == again.curve[-1]["auc"]
    assert any((ours != theirs).any() for ours, theirs in zip(states[0], states[2], strict=True))


def test_the_seed_shuffles(prepared):
    """A wide model starts at nothing: two seeds differ in the order of the examples alone."""
    one, two = (trained(prepared, model="wide", seed=seed).model.wide.numpy() for seed in (1, 2))
    assert (one != two).any()


def test_the_weights_of_examples_weigh(prepared):
    weighted = trained(prepared)
    spec = prepared.spec.model_copy(update={"weight": None})
    graph = tft.TFTransformOutput(prepared.graph)
    plain = train(prepared.train, prepared.eval, graph, spec, prepared.options, lambda _: None)
    assert plain.curve[0]["loss"] != weighted.curve[0]["loss"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"training": {"model": "deep"}, "roles": {"deep": None}},
            ConfigError,
            "training.model is 'deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
        (
            {"training": {"deep": {"learning_rate": 1e30, "hidden": [8]}}},
            DataError,
            "lower training's learning rates.",
        ),
        ({"train_files": ["/nowhere/*"]}, DataError, "no transformed examples match /nowhere/*: is the split empty?"),
        ({"eval_files": ["/nowhere/*"]}, DataError, "no transformed examples match /nowhere/*: is the split empty?"),
    ],
)
def test_what_can_not_be_trained_is_refused(prepared, tmp_path, changes, error, message):
    changes = dict(changes)
    roles = changes.pop("roles", None)
    if roles:
        features = tuple(feature.model_copy(update=roles) for feature in prepared.spec.features)
        changes["spec"] = prepared.spec.model_copy(update={"features": features})
    with pytest.raises(error) as caught:
        run_fn(prepared.fn_args(tmp_path, **changes))
    assert message in str(caught.value)
    assert not (tmp_path / "serving").exists()


def test_an_eval_split_of_one_class_is_refused(prepared, tmp_path):
    records = list(tf.data.TFRecordDataset(prepared.eval, "GZIP").as_numpy_iterator())
    ones = [
        record
        for record in records
        if tf.train.Example.FromString(record).features.feature["liked"].int64_list.value[0]
    ]
    files = [prepared.write(tmp_path / "ones.gz", ones)]
    with pytest.raises(DataError) as caught:
        run_fn(prepared.fn_args(tmp_path, eval_files=files))
    assert str(caught.value) == f"all {len(ones)} labels of the split to evaluate on are 1: AUC needs both classes."


@pytest.mark.parametrize("which", ["train_files", "eval_files"])
def test_a_split_without_rows_is_refused(prepared, tmp_path, which):
    with pytest.raises(DataError, match="holds no examples"):
        run_fn(prepared.fn_args(tmp_path, **{which: [prepared.write(tmp_path / "none.gz", [])]}))


def test_the_ablation_has_a_row_a_model_measured_on_the_test_split(prepared):
    # Early stopping watches eval; the rows are measured elsewhere: here, on the train split.
    options = prepared.options.model_copy(update={"epochs": 1})
    split = (prepared.train, prepared.eval, prepared.train)
    rows = compare(*split, prepared.graph, prepared.spec, options, seeds=(1, 2))
    keys = {"model", "auc", "logloss", "accuracy", "train_seconds", "examples_per_second", "auc_sd"}
    assert [row["model"] for row in rows] == ["wide", "deep", "wide_deep"]
    assert all(set(row) == keys for row in rows)
    joint = [trained(prepared, seed=seed, epochs=1).evaluate(prepared.train) for seed in (1, 2)]
    assert rows[2]["auc"] == pytest.approx((joint[0].auc + joint[1].auc) / 2, abs=1e-9)
    assert rows[2]["logloss"] == pytest.approx((joint[0].logloss + joint[1].logloss) / 2, abs=1e-9)
    # Of two numbers: half their distance, times the root of 2.
    assert rows[2]["auc_sd"] == pytest.approx(abs(joint[0].auc - joint[1].auc) / 2**0.5, abs=1e-9)
    assert joint[0].auc != joint[1].auc
    for row in rows:
        assert row["examples_per_second"] * row["train_seconds"] == pytest.approx(600)
