"""The strongest wide weights in words, for the report of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tfx.utils import path_utils

from widedeep.components.common.errors import ConfigError
from widedeep.components.explain.explain import explain
from widedeep.components.explain.model import declaration
from widedeep.components.explain.names import Names

_TOP = 15
# Of the rows trained on; `widedeep explain` reads them all.
_ROWS = 100_000


def strongest(model: str, examples: Sequence[str]) -> list[dict[str, Any]]:
    """`name`, `weight`, `support` and `label_rate` of each, the strongest first; [] without a wide part.

    Those that none of the rows read have are left out.

    Args:
        model: the Trainer's output.
        examples: ExampleGen's outputs that it was trained on, of which the first rows are read.
    """
    served = path_utils.serving_model_path(model)
    files = [path for uri in examples for path in sorted(tf.io.gfile.glob(os.path.join(uri, "Split-train", "*")))]
    try:
        found = explain(served, files, "tfrecord", _TOP, lambda _: None, at_most=_ROWS).found
    except ConfigError:
        return []
    names = Names((), declaration(served))
    return [
        {"name": names.text(one), "weight": one.weight, "support": one.support, "label_rate": one.label_mean}
        for one in found
        if one.support
    ]
