"""Every string that ingestion lets in has its own id, in training and in all signatures.

Each vocabulary id of the exported model has a weight of its own, so that a score tells the id.
"""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.scalars import MAX_VALUE_BYTES
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.export.signatures import CLASSIFY, DEFAULT, RANK, RAW, REGRESS
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.transform.preprocessing import preprocessing_fn
from widedeep.serving.standin.models.servable import Servable

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y", "kind": "regression"},
        "features": [
            {
                "key": "item",
                "kind": "categorical",
                "side": "candidate",
                "transform": {"vocabulary": {}},
                "wide": True,
            },
            {"key": "seen", "kind": "set", "side": "context", "transform": {"vocabulary": {"of": "item"}}},
        ],
    }
)


def _strings() -> list[bytes]:
    """All of the first planes' odd corners, a part of the rest, and what vocabulary files have choked on."""
    generator = random.Random(8)
    single = [chr(code) for code in [*range(0x500), *range(0x2000, 0x2070), 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF]]
    single += [chr(code) for code in generator.sample(range(0xE000, 0x110000), 500)]
    odd = [
        "\n",
        "\r",
        "\r\n",
        "\0",
        " ",
        "\t",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1e",
        "\x85",
        "\u2028",
        "\u2029",
        "\u3000",
        "ẞ",
    ]
    around = [f"{left}a{right}" for left in ["", *odd] for right in ["", *odd]] + [a + b for a in odd for b in odd]
    words = ["-1", "1 a", "nan", "None", "#", "\\n", "%0A", '"', ",", "[UNK]", "<S>", "x" * MAX_VALUE_BYTES, "é" * 2048]
    return sorted({string.encode() for string in (*single, *around, *words)})


STRINGS = _strings()


class Model:
    """An exported model whose wide weight of id n is n + 1, and what Transform learned."""

    def __init__(self, folder: Path) -> None:
        parsing = {key: tf.io.VarLenFeature(tf.string) for key in ("item", "seen")} | {
            "y": tf.io.VarLenFeature(tf.float32)
        }
        metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(parsing))
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
        rows = [{"item": [string], "seen": [string], "y": [1.0]} for string in STRINGS]
        with tft_beam.Context(temp_dir=str(folder / "tmp")):
            graph = (rows, metadata) | tft_beam.AnalyzeDataset(apply)
            graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        output = tft.TFTransformOutput(str(folder / "graph"))
        self.vocabulary = vocabularies(SPEC, output)["item_vocabulary"]
        options = TrainingOptions.model_validate({"model": "wide"})
        estimator = WideDeepEstimator(SPEC, output, options)
        model = estimator._training.trainer.model
        model.wide.assign(np.arange(1.0, len(self.vocabulary) + 2)[:, None])
        model.bias.assign(tf.zeros_like(model.bias))
        estimator.export(str(folder / "model"))
        self.servable = Servable("m", 1, folder / "model")

    def scores(self, signature: str, strings: list[bytes]) -> list[float]:
        """Of each string as the item."""
        definition = self.servable.signatures[signature]
        defaults = self.servable.defaults[signature]
        feeds = {definition.inputs[alias].name: value for alias, value in defaults.items()}
        items = np.array(strings, object)
        if signature in (RAW, RANK):
            feeds[definition.inputs["item"].name] = items[None] if signature == RANK else items
        else:
            [name] = [tensor.name for tensor in definition.inputs.values()]
            feeds[name] = np.array([_example(string) for string in strings], object)
        output = definition.outputs["outputs" if signature == REGRESS else "score"].name
        return [float(score) for score in self.servable.run(feeds, [output])[output].reshape(-1)]


def _example(string: bytes) -> bytes:
    built = tf.train.Example()
    built.features.feature["item"].bytes_list.value.append(string)
    return bytes(built.SerializeToString())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(tmp_path_factory.mktemp("strings"))


def test_a_vocabulary_holds_every_string(model: Model) -> None:
    assert sorted(model.vocabulary) == STRINGS


@pytest.mark.parametrize("signature", [DEFAULT, RAW, RANK, REGRESS])
def test_every_signature_knows_it_by_its_id(model: Model, signature: str) -> None:
    assert signature in model.servable.signatures
    assert CLASSIFY not in model.servable.signatures
    assert model.scores(signature, model.vocabulary) == pytest.approx(range(1, len(STRINGS) + 1))


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_any_string_has_one_score(model: Model, string: str) -> None:
    """That of its id, or of the bucket of all strings that were not learned."""
    encoded = string.encode(errors="surrogatepass")
    number = model.vocabulary.index(encoded) if encoded in model.vocabulary else len(model.vocabulary)
    for signature in (DEFAULT, RAW, RANK, REGRESS):
        assert model.scores(signature, [encoded]) == pytest.approx([number + 1.0]), signature
