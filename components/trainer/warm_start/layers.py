"""The hidden layers' part in a warm start."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.training.optimizers import Optimizer
from widedeep.components.trainer.training.state import Training
from widedeep.components.trainer.warm_start.meaning import MISSING, Match, Unit, equal_places, match_units, units
from widedeep.components.trainer.warm_start.parameters import take


def warm_start_layers(new: Training, old: Training) -> list[str]:
    """Takes the layers over as far as both have the same: after a fresh layer, what an old one reads means nothing.

    The first layer's weights are matched input by input, since inputs may have come, gone or moved.

    Returns:
        What was not taken over, and why, a sentence each.
    """
    if "fm" in (new.options.model, old.options.model):
        return _no_layers(new, old)
    ours, theirs = _layers(new), _layers(old)
    if not ours:
        return []
    if not theirs:
        return ["the hidden layers start fresh, the old model has none."]
    options, before = new.options.deep, old.options.deep
    if options.batch_norm != before.batch_norm:
        return [f"the hidden layers start fresh: batch_norm was {str(before.batch_norm).lower()}."]
    if options.activation != before.activation:
        return [f"the hidden layers start fresh: activation was {before.activation}."]
    notes, same = [], len(ours)
    if options.hidden != before.hidden:
        pairs = zip(options.hidden, before.hidden, strict=False)
        same = len(list(itertools.takewhile(lambda sizes: sizes[0] == sizes[1], pairs)))
        notes.append(f"hidden was {list(before.hidden)}: the layers from number {same + 1} on start fresh.")
    if same:
        inputs, inputs_before = units(new), units(old)
        notes += _numbers(inputs, inputs_before)
        ours[0].take(theirs[0], match_units(inputs, inputs_before))
    for layer, layer_before in zip(ours[1:same], theirs[1:same], strict=True):
        layer.take(layer_before)
    return notes + _products(new, old)


def _products(new: Training, old: Training) -> list[str]:
    """Takes the weights of the pairs of columns that both have."""
    (pairs, ours), (pairs_before, theirs) = _pairs(new), _pairs(old)
    if ours and theirs:
        take(ours, theirs, equal_places(pairs, pairs_before))
    elif ours:
        return ["the products start fresh, the old model has none."]
    return []


def _pairs(training: Training) -> tuple[list[tuple[str, str, int]], Optimizer | None]:
    """The columns of each product, and the weights' optimizer; None where there are no products."""
    trainer, hidden = training.trainer, training.trainer.model.hidden
    if not isinstance(hidden, HiddenLayers) or hidden.products is None:
        return [], None
    # The last of what is trained.
    return hidden.products.pairs, trainer.layers[-1]


def _no_layers(new: Training, old: Training) -> list[str]:
    """What to say where one of both is a factorization machine, which has no layers."""
    if new.options.model != old.options.model:
        return [] if not new.layout.deep_width else [f"the model was {old.options.model}: only the ids' weights go on."]
    return ["the numbers' vectors start fresh."] if new.layout.dense else []


@dataclass(frozen=True)
class _Layer:
    """The optimizers of a layer's kernel and of what else it trains, and the moving averages of its norm."""

    kernel: Optimizer
    others: Sequence[Optimizer]
    averages: list[tf.Variable]

    def take(self, old: _Layer, inputs: Match | None = None) -> None:
        take(self.kernel, old.kernel, inputs)
        for optimizer, before in zip(self.others, old.others, strict=True):
            take(optimizer, before)
        for average, average_before in zip(self.averages, old.averages, strict=True):
            average.assign(average_before.numpy())


def _layers(training: Training) -> list[_Layer]:
    """The layers in order, the linear one last; none in a wide model."""
    trainer, hidden = training.trainer, training.trainer.model.hidden
    if not isinstance(hidden, HiddenLayers):
        return []
    optimizers = {id(optimizer.variable): optimizer for optimizer in trainer.layers}
    layers = []
    for number, (kernel, bias) in enumerate(zip(hidden.kernels, hidden.biases, strict=True)):
        # The last layer has none.
        norms = hidden.norms[number : number + 1]
        others = [optimizers[id(variable)] for variable in (bias, *(norm.scale for norm in norms))]
        averages = [average for norm in norms for average in (norm.mean, norm.variance)]
        layers.append(_Layer(optimizers[id(kernel)], others, averages))
    return layers


def _numbers(new: list[Unit], old: list[Unit]) -> list[str]:
    """What to say about numeric inputs; of embeddings, their ids' sentences say it."""
    ours, theirs = _scales(new), _scales(old)
    notes = []
    for key, scale in ours.items():
        if key not in theirs:
            notes.append(f"{key}: its value is a new input of the hidden layers, its weights start fresh.")
        elif scale != theirs[key]:
            notes.append(f"{key}: its value was scaled by {theirs[key]}, its weights in the hidden layers start fresh.")
    gone = [key for key in theirs if key not in ours]
    return notes + [
        f"{key}: its value is no longer an input of the hidden layers, its weights are gone." for key in gone
    ]


def _scales(inputs: list[Unit]) -> dict[str, str]:
    return {unit.name: unit.what for unit in inputs if isinstance(unit.what, str) and unit.what != MISSING}
