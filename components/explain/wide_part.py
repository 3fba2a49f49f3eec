"""What a served model tells of itself: its declaration, its strongest wide weights, and where their ids come from."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from widedeep.components.common.errors import ConfigError
from widedeep.components.explain.boundaries import Boundaries, bucket_boundaries
from widedeep.components.explain.cross_sources import CrossSource
from widedeep.components.explain.sources import HashSource, NumericSource, Source, VocabularySource
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.trainer.export.served_model import WideColumn, wide_weights
from widedeep.components.transform import packed_columns


@dataclass(frozen=True)
class Weights:
    """Wide weights of one column.

    Attributes:
        ids: int64 [k], rising.
        weights: float32 [k]; of a label with classes, each id's farthest from 0.
        classes: int64 [k], the class that each of these is a weight of; None where the label has none.
    """

    ids: np.ndarray
    weights: np.ndarray
    classes: np.ndarray | None

    def __getitem__(self, part: np.ndarray) -> Weights:
        return Weights(self.ids[part], self.weights[part], None if self.classes is None else self.classes[part])


def strongest_weights(folder: str, top: int) -> dict[str, Weights]:
    """The `top` wide weights that are farthest from 0, by their columns; columns without any are left out.

    Raises:
        ConfigError: the model has no wide part, or all its weights are 0.
    """
    nonzero = wide_weights(folder)
    if not nonzero:
        raise ConfigError(f"{folder}: is a deep model: it has no wide part, and so no wide features to name.")
    largest = {name: _largest(column, top) for name, column in nonzero.items()}
    sizes = np.concatenate([np.abs(column.weights) for column in largest.values()])
    if not len(sizes):
        raise ConfigError(f"{folder}: all its wide weights are 0. Lower training.wide.l1 and train it again.")
    is_strongest = np.zeros(len(sizes), bool)
    is_strongest[np.argsort(-sizes, kind="stable")[:top]] = True
    parts = np.split(is_strongest, np.cumsum([len(column.ids) for column in largest.values()])[:-1])
    return {name: column[part] for (name, column), part in zip(largest.items(), parts, strict=True) if part.any()}


def _largest(column: WideColumn, top: int) -> Weights:
    every = Weights(column.ids, column.weights, None)
    if column.weights.ndim == 2:
        classes = np.argmax(np.abs(column.weights), axis=1)
        every = Weights(column.ids, column.weights[np.arange(len(classes)), classes], classes)
    return every[np.sort(np.argsort(-np.abs(every.weights), kind="stable")[:top])]


def boundaries_of(folder: str, spec: FeatureSpec, columns: set[str]) -> Boundaries:
    """The buckets' boundaries, if any of the columns needs some: the model's graph takes a second to load."""
    keys = {feature.key for feature in spec.inputs.values() if packed_columns.ids(feature) in columns}
    keys |= {key for cross in spec.crosses if cross.name in columns for key in cross.keys}
    is_numeric = any(spec.inputs[key].kind == "numeric" for key in keys)
    return bucket_boundaries(folder, spec) if is_numeric else {}


def sources(folder: str, spec: FeatureSpec, columns: set[str], boundaries: Boundaries) -> dict[str, Source]:
    """Where the ids of some columns come from, by the columns' names.

    Args:
        folder: the model, whose assets hold the vocabularies.
        spec: the declaration.
        columns: names of columns.
        boundaries: of the buckets of numeric features.
    """
    id_sources: dict[str, Source] = {
        packed_columns.ids(feature): _feature_source(folder, spec, feature, boundaries)
        for feature in spec.inputs.values()
        if packed_columns.ids(feature) in columns
    }
    return id_sources | {cross.name: CrossSource(cross) for cross in spec.crosses if cross.name in columns}


def _feature_source(folder: str, spec: FeatureSpec, feature: Feature, boundaries: Boundaries) -> Source:
    if feature.kind == "numeric":
        return NumericSource(feature, boundaries[feature.key])
    if feature.transform.hash:
        return HashSource(feature)
    assert feature.transform.vocabulary is not None
    owner = spec.by_key[feature.transform.vocabulary.of or feature.key]
    assert owner.transform.vocabulary is not None
    path = os.path.join(folder, "assets", packed_columns.vocabulary(feature))
    return VocabularySource(feature, path, owner.transform.vocabulary.oov_buckets)
