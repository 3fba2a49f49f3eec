"""Weights that a test chooses, for a model of any kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.model.network import WideDeepModel


def assign(model: WideDeepModel, draw: Callable[[tf.Variable], np.ndarray]) -> None:
    """Gives all that a model computes with what `draw` makes: wide weights, too, of which it holds FTRL's sums."""
    for variable in model.variables:
        wide = isinstance(model.wide, FtrlTable) and variable is model.wide.variable
        (model.wide if wide else variable).assign(draw(variable))
