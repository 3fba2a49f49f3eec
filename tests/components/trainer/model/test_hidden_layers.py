"""Hidden layers whose input comes in two give what they give of the whole input."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.training_options import DeepOptions

CONTEXT, CANDIDATE = [0, 3, 4], [1, 2]


@pytest.mark.parametrize("requests", [1, 3])
@pytest.mark.parametrize(
    "options", [{"hidden": (6, 4)}, {"hidden": (6, 4), "batch_norm": True, "activation": "tanh"}, {"hidden": ()}]
)
def test_split_layers_give_what_the_whole_gives(requests, options):
    each, random = 4, np.random.default_rng(requests)
    layers = HiddenLayers(5, DeepOptions.model_validate(options), 2, tf.random.Generator.from_seed(1))
    for variable in layers.variables:
        values = random.normal(size=variable.shape)
        variable.assign(np.abs(values) if "variance" in variable.name else values)
    inputs = random.normal(size=[requests * each, 5]).astype(np.float32)
    # Of each side the other's columns are of no account.
    contexts = np.full([requests, 5], 9.0, np.float32)
    contexts[:, CONTEXT] = random.normal(size=[requests, 3])
    inputs[:, CONTEXT] = np.repeat(contexts[:, CONTEXT], each, axis=0)
    candidates = np.full_like(inputs, 9.0)
    candidates[:, CANDIDATE] = inputs[:, CANDIDATE]
    found = layers.split([CONTEXT, CANDIDATE])(contexts, candidates, tf.constant(each, tf.int64))
    np.testing.assert_allclose(found, layers(inputs, None), rtol=1e-4, atol=1e-5)
