"""Two devices train the model that one does: in a process of its own, as devices are set up once a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from widedeep.components import features

_ROOT = Path(__file__).parents[4]
_SCRIPT = """
import sys
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import tensorflow_transform as tft
from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.training_options import TrainingOptions

declared, graph, train, evaluation = sys.argv[1:]
spec, output = features.from_json(declared), tft.TFTransformOutput(graph)

def scores(**changes):
    # 600 rows: the last batch leaves the second device fewer rows than the first.
    given = {"epochs": 2, "patience": None, "batch_size": 64, "deep": {"hidden": [16, 8]}}
    options = TrainingOptions.model_validate(given | changes)
    estimator = WideDeepEstimator(spec, output, options)
    curve = estimator.train([train], [evaluation])
    return estimator.predict([evaluation]), curve

one, curve = scores()
mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
tf.distribute.MirroredStrategy = lambda: mirrored
two, other = scores(distribute="mirrored")
assert mirrored.num_replicas_in_sync == 2
assert [row.examples for row in curve] == [row.examples for row in other] == [600, 600]
assert [row.step for row in curve] == [row.step for row in other]
np.testing.assert_allclose([row.loss for row in other], [row.loss for row in curve], rtol=1e-4)
np.testing.assert_allclose(two, one, atol=1e-4)
assert np.abs(one - one.mean()).max() > 0.1

def refused(**changes):
    try:
        scores(distribute="mirrored", **changes)
    except ConfigError as error:
        return str(error)

assert refused(batch_size=75) == "training.batch_size is 75: it must divide by the 2 devices."
assert refused(deep={"hidden": [4], "batch_norm": True}) == (
    "training.deep.batch_norm takes means of a whole batch, and each of the 2 devices sees a part of one: "
    "leave out batch_norm, or training.distribute."
)
"""


@pytest.mark.usefixtures("forked_commands")
def test_two_devices_train_what_one_does(prepared: Any) -> None:
    given = [features.to_json(prepared.spec), prepared.graph, prepared.train[0], prepared.eval[0]]
    command = [sys.executable, "-c", _SCRIPT, *given]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
