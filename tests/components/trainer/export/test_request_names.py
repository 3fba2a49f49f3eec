"""Inputs whose names are no Python's: a server knows them by the features' own keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.export.raw_tensors import to_sparse
from widedeep.components.trainer.export.request_names import give_request_names
from widedeep.components.trainer.export.signatures import RANK, RAW, Outputs, Signatures
from widedeep.serving.standin.models.servable import Servable

KEYS = ["class", "self", "True", "Age", "age", "AGE", "TOP_K", "name", "input_1", "match"]
_NUMBER = {"kind": "numeric", "transform": {"z_score": {}}, "deep": {}}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [{"key": key, "side": "context", "required": key == "self", **_NUMBER} for key in KEYS]
        + [{"key": "None", "side": "candidate", **_NUMBER}],
    }
)
# Each feature's own power of 2, so that the sum says which value came from where.
POWERS = {feature.key: float(2**number) for number, feature in enumerate(SPEC.features)}


def _outputs(raw: dict[str, tf.SparseTensor], rows: tf.Tensor) -> Outputs:
    def present(key: str) -> tf.Tensor:
        values = tf.sparse.to_dense(raw[key])[:, 0]
        return tf.where(tf.math.is_nan(values), 0.0, values * POWERS[key])

    score = tf.add_n([tf.broadcast_to(present(key), rows[None]) for key in POWERS])
    return {"score": score, "logit": score}


def _rank_scores(tensors: Outputs, requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
    def side(key: str) -> tf.Tensor:
        feature = SPEC.by_key[key]
        tensor = tensors[key][:, None] if feature.side == "context" else tensors[key]
        return to_sparse(feature, tensor, [requests, each])

    return _outputs({key: side(key) for key in POWERS}, requests * each)["score"]


SIGNATURES = Signatures(SPEC, _outputs, _rank_scores)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tf.saved_model.save(tf.Module(), str(folder), signatures=SIGNATURES.all())
    give_request_names(str(folder), SIGNATURES.arguments)
    return folder


@pytest.fixture(scope="module")
def servable(model: Path) -> Servable:
    return Servable("m", 1, model)


@pytest.mark.parametrize(("signature", "more"), [(RAW, set()), (RANK, {"top_k"})])
def test_a_server_takes_the_keys(servable: Servable, signature: str, more: set[str]) -> None:
    inputs = servable.signatures[signature].inputs
    assert set(inputs) == {*POWERS} | more
    assert servable.defaults[signature].keys() == ({*POWERS} | more) - {"self"}
    filled = {inputs[alias].name: value for alias, value in servable.defaults[signature].items()}
    [score] = [tensor.name for alias, tensor in servable.signatures[signature].outputs.items() if alias == "score"]
    for key, power in POWERS.items():
        value = np.ones([1, 1] if signature == RANK and key == "None" else [1], np.float32)
        absent = {inputs["self"].name: np.full([1], np.nan, np.float32)}
        result = servable.run(filled | absent | {inputs[key].name: value}, [score])[score]
        assert result.tolist() == ([[power]] if signature == RANK else [power]), key


def test_python_loads_it(model: Path) -> None:
    """The evaluation loads it so; Python's names of the inputs are those that could be exported."""
    loaded = tf.saved_model.load(str(model)).signatures[RAW]
    given = {SIGNATURES.arguments[key]: tf.constant([value]) for key, value in POWERS.items()}
    assert loaded(**given)["score"].numpy().tolist() == [sum(value**2 for value in POWERS.values())]
