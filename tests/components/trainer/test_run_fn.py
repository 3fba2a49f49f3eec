"""The Trainer's run_fn on really transformed data: what it exports, records and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common import progress
from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.trainer.export.served_model import wide_weights
from widedeep.components.trainer.run import run_fn


@pytest.fixture(scope="module")
def exported(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    reports: list[dict[str, Any]] = []
    with progress.listener(reports.append):
        run_fn(prepared.fn_args(folder))
    (folder / "reports.json").write_text(json.dumps(reports))
    return folder


def record(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run" / "training.json").read_text())


def test_it_learns_and_tells(exported):
    curve = record(exported)["curve"]
    # 600 rows in batches of 64.
    assert [(row["step"], row["examples"]) for row in curve] == [(10, 600), (20, 600)]
    assert max(row["auc"] for row in curve) > 0.6
    reports = json.loads((exported / "reports.json").read_text())
    assert reports[-1] == {
        "step": 20,
        "steps": 20,
        "loss": curve[-1]["loss"],
        "watched": "auc",
        "value": curve[-1]["auc"],
    }


def test_the_record_says_what_was_made(exported):
    written = record(exported)
    assert written["base"] is None
    best = max(written["curve"], key=lambda row: row["auc"])["epoch"]
    said = "the best epoch is the last of the 2 allowed: still improving: raise training.epochs."
    assert written["note"] == (said if best == 2 else None)
    assert [(cross["name"], cross["buckets"]) for cross in written["crosses"]] == [
        ("history_x_item", 500),
        ("user_x_item", 500),
    ]
    stored = wide_weights(str(exported / "serving"))
    assert written["wide"]["nonzero"] == sum(len(column.ids) for column in stored.values()) > 0
    assert (
        written["wide"]["rows"] == json.loads((exported / "serving" / "assets.extra" / "wide.json").read_text())["rows"]
    )


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
            "lower training.wide.learning_rate or training.deep.learning_rate.",
        ),
        (
            {"training": {"stop_on": "rmse", "model": "wide"}},
            ConfigError,
            "training.stop_on is 'rmse'; this label has auc, logloss, accuracy.",
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
        run_fn(prepared.fn_args(tmp_path, eval_files=files, training={"model": "wide"}))
    assert str(caught.value) == f"all {len(ones)} labels of the split to evaluate on are 1: AUC needs both classes."


@pytest.mark.parametrize("which", ["train_files", "eval_files"])
def test_a_split_without_rows_is_refused(prepared, tmp_path, which):
    with pytest.raises(DataError, match="holds no examples"):
        run_fn(prepared.fn_args(tmp_path, **{which: [prepared.write(tmp_path / "none.gz", [])]}))
