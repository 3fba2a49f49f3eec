"""Numbers of 64 bits, from a file through Transform to every signature: what 32 bits can't keep apart is kept apart."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from drawn_weights import assign
from tensorflow_transform.tf_metadata import dataset_metadata

from widedeep.components import features
from widedeep.components.dryrun.requests import make_requests
from widedeep.components.explain.batch import Batch
from widedeep.components.explain.boundaries import bucket_boundaries
from widedeep.components.features import schema
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.example_shards import encode
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.export.signatures import DEFAULT, RANK, RAW
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform.preprocessing import preprocessing_fn
from widedeep.serving.standin import tensor_protos
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.predict import predict
from widedeep.serving.tensors import DOUBLE

START, COUNT, MISSING = 1_700_000_000_000, 400, 7


def _number(key: str, column: str, transform: dict[str, object], **roles: object) -> dict[str, object]:
    return {"key": key, "column": column, "kind": "numeric", "bits": 64, "transform": transform, "deep": {}, **roles}


_CUT = [START + 100_000.5, START + 200_000]
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y", "kind": "regression"},
        "features": [
            _number("scaled", "ts", {"z_score": {}}, side="context"),
            _number("ranked", "ts", {"quantile_cdf": {"quantiles": 8}}, side="candidate", wide=True),
            _number("cut", "ts", {"log": {}, "buckets": {"boundaries": _CUT}}, side="candidate", wide=True),
            {"key": "item", "kind": "categorical", "side": "candidate", "transform": {"vocabulary": {}}, "wide": True},
        ],
        "crosses": [{"keys": ["ranked", "item"], "buckets": 100}],
    }
)
# Milliseconds, half a second and a bit apart, of which 32 bits keep two apart.
TIMES = np.array([START + 501 * number for number in range(COUNT)], np.float64)


class Model:
    """Examples of a CSV file's rows, what Transform makes of them, and an exported model of random weights."""

    def __init__(self, folder: Path) -> None:
        lines = [f"{'' if number == MISSING else int(time)},i{number % 3},1" for number, time in enumerate(TIMES)]
        (folder / "part.csv").write_text("ts,item,y\n" + "\n".join(lines) + "\n")
        self.batches = list(raw_files.read(str(folder / "part.csv"), "csv", SPEC))
        self.rows = [row for batch in self.batches for row in encode(batch)]
        metadata = dataset_metadata.DatasetMetadata(schema.derive(SPEC))
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
        instances = [row for batch in self.batches for row in batch.to_pylist()]
        with tft_beam.Context(temp_dir=str(folder / "tmp")):
            (data, _), graph = (instances, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
            graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        self.dense = np.array([row["dense"] for row in data])
        options = TrainingOptions.model_validate({"deep": {"hidden": [8]}})
        estimator = WideDeepEstimator(SPEC, tft.TFTransformOutput(str(folder / "graph")), options)
        random = np.random.default_rng(5)
        assign(estimator._training.trainer.model, lambda variable: random.normal(size=variable.shape))
        self.folder = str(folder / "model")
        estimator.export(self.folder)
        self.servable = Servable("m", 1, folder / "model")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(tmp_path_factory.mktemp("wide"))


def test_scaled_in_64_bits(model: Model) -> None:
    there = np.arange(COUNT) != MISSING
    times = TIMES[there]
    scaled, ranked = model.dense[there, 0], model.dense[there, 2]
    assert scaled == pytest.approx((times - times.mean()) / times.std(), abs=1e-5)
    # Eight quantiles of 50 rows each, but for one missing row and what a sketch may err by.
    steps = np.round(ranked * 7).astype(int)
    assert (np.diff(steps) >= 0).all()
    assert np.bincount(steps).tolist() == pytest.approx([50] * 8, abs=2)
    assert model.dense[MISSING].tolist() == [0, 1, 0, 1, 0, 1]


def test_every_signature_scores_them_alike(model: Model) -> None:
    assert {model.servable.signatures[RAW].inputs[key].dtype for key in ("scaled", "ranked", "cut")} == {DOUBLE}
    scores = {}
    for request in make_requests(SPEC, [DEFAULT, RAW, RANK], model.rows[:150]):
        answered = predict(model.servable, request.message, model.servable.run).outputs["score"]
        for row, score in zip(request.rows, tensor_protos.decode(answered, "score").reshape(-1).tolist(), strict=True):
            assert scores.setdefault(row, score) == pytest.approx(score, abs=1e-5)
    # Rows of one item differ by their times alone.
    assert len({round(score, 5) for score in scores.values()}) > 140


def test_examples_are_read_back(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "examples"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in model.rows:
            writer.write(row)
    batches = list(raw_files.read(str(path), raw_files.EXAMPLES, SPEC))
    assert [batch.to_pylist() for batch in batches] == [batch.to_pylist() for batch in model.batches]


def test_explained_by_their_boundaries(model: Model) -> None:
    boundaries = bucket_boundaries(model.folder, SPEC)
    there = TIMES[np.arange(COUNT) != MISSING]
    assert boundaries["ranked"] == pytest.approx(np.quantile(there, np.arange(1, 8) / 8), abs=1200)
    assert boundaries["cut"].tolist() == _CUT
    [batch] = model.batches
    values = Batch(batch, SPEC, boundaries).values("cut")
    assert values.codes.tolist() == np.searchsorted(_CUT, there, side="right").tolist()
    steps = Batch(batch, SPEC, boundaries).values("ranked").codes
    assert steps.tolist() == np.round(np.delete(model.dense[:, 2], MISSING) * 7).astype(int).tolist()
