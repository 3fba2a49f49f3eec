"""The strongest wide weights in words, for the report of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf
from tfx.utils import path_utils

from widedeep.components.common.errors import ConfigError
from widedeep.components.explain.explanation import explain
from widedeep.components.explain.names import Names
from widedeep.components.features.model_files import declaration
from widedeep.components.ingest.file_blocks import EXAMPLES
from widedeep.pipeline.record.summary import StrongWeight

_TOP = 15
# Of the rows trained on; `widedeep explain` reads them all.
_ROWS = 100_000


@dataclass(frozen=True)
class Strongest:
    """What weighs most.

    Attributes:
        weights: the strongest first; none without a wide part.
        rows: that their support was counted in.
        all_rows: whether these are all that the model was trained on.
    """

    weights: list[StrongWeight]
    rows: int | None
    all_rows: bool


def strongest(model: str, examples: Sequence[str]) -> Strongest:
    """The strongest weights.

    Those that none of the rows read have are left out.

    Args:
        model: the Trainer's output.
        examples: ExampleGen's outputs that it was trained on, of which the first rows are read.
    """
    served = path_utils.serving_model_path(model)
    files = [path for uri in examples for path in sorted(tf.io.gfile.glob(os.path.join(uri, "Split-train", "*")))]
    try:
        explained = explain(served, files, EXAMPLES, _TOP, lambda _: None, at_most=_ROWS)
    except ConfigError:
        return Strongest([], None, False)
    names = Names((), declaration(served))
    weights = [
        StrongWeight(name=names.text(each), weight=each.weight, support=each.support, label_rate=each.label_mean)
        for each in explained.weights
        if each.support
    ]
    # Where so many are read, there may be more.
    return Strongest(weights, explained.rows, explained.rows < _ROWS)
