"""Hidden layers whose input comes in two give what they give of the whole input."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.training_options import DeepOptions


@pytest.mark.parametrize("requests", [1, 3])
@pytest.mark.parametrize("columns", [([0, 3, 4], [1, 2]), ([], [0, 1, 2, 3, 4]), ([0, 1, 2, 3, 4], [])])
@pytest.mark.parametrize(
    "options", [{"hidden": (6, 4)}, {"hidden": (6, 4), "batch_norm": True, "activation": "tanh"}, {"hidden": ()}]
)
def test_split_layers_give_what_the_whole_gives(requests, columns, options):
    each, random = 4, np.random.default_rng(requests)
    layers = HiddenLayers(5, DeepOptions.model_validate(options), 2, tf.random.Generator.from_seed(1))
    for variable in layers.variables:
        values = random.normal(size=variable.shape)
        variable.assign(np.abs(values) if "variance" in variable.name else values)
    of_context, of_candidate = columns
    inputs = random.normal(size=[requests * each, 5]).astype(np.float32)
    inputs[:, of_context] = np.repeat(inputs[::each, of_context], each, axis=0)
    # Of each side the other's columns are of no account.
    contexts, candidates = inputs[::each].copy(), inputs.copy()
    contexts[:, of_candidate] = candidates[:, of_context] = 9.0
    # In a graph, as it is served: there operations are fused.
    split = tf.function(layers.split(columns), autograph=False)
    outputs = split(tf.constant(contexts), tf.constant(candidates), tf.constant(each, tf.int64))
    np.testing.assert_allclose(outputs, layers(tf.constant(inputs), None), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("is_split", [False, True])
def test_served_each_layer_is_one_operation(is_split, tmp_path):
    """Product, bias and ReLU: by themselves each would go through all units of all rows."""
    v1, layers = tf.compat.v1, HiddenLayers(5, DeepOptions(hidden=(6, 4)), 1, tf.random.Generator.from_seed(1))
    split, served = layers.split([[0, 1, 2], [3, 4]]), tf.Module()
    served.layers, served.split = layers, split

    @tf.function(input_signature=[tf.TensorSpec([None, 5], name="rows")], autograph=False)
    def logits(rows):
        found = split(rows[:1], rows, tf.shape(rows, tf.int64)[0]) if is_split else layers(rows, None)
        return {"logits": found}

    tf.saved_model.save(served, str(tmp_path), signatures=logits)
    told, options = v1.RunMetadata(), v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
    with tf.Graph().as_default(), v1.Session() as session:
        signature = v1.saved_model.load(session, ["serve"], str(tmp_path)).signature_def["serving_default"]
        feed = {signature.inputs["rows"].name: np.ones([7, 5], np.float32)}
        session.run(signature.outputs["logits"].name, feed, options=options, run_metadata=told)
    labels = [node.timeline_label for device in told.step_stats.dev_stats for node in device.node_stats]
    ran = [label.split(" = ")[1].split("(")[0] for label in labels if " = " in label]
    # A context's own product has one row.
    assert sum("MatMul" in operation for operation in ran) == 3 + is_split
    assert sum("FusedMatMul" in operation for operation in ran) >= 3
    assert "Relu" not in ran
