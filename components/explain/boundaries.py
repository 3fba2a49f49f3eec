"""The numbers between which the buckets of a numeric feature lie, the learned ones read out of a served model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.served_models import served_model
from widedeep.components.features.spec import Feature, FeatureSpec

Boundaries = dict[str, np.ndarray]


def bucket_boundaries(folder: str, spec: FeatureSpec) -> Boundaries:
    """The rising boundaries of every bucketised numeric feature, as the model's own graph has them.

    They are float32, and float64 of a 64-bit number.

    Args:
        folder: a SavedModel that holds the transform graph.
        spec: the declaration that the graph was made by.

    Raises:
        WideDeepError: the graph does not hold the declared quantiles.
    """
    numerics = [feature for feature in spec.inputs.values() if feature.kind == "numeric" and feature.has_buckets]
    declared = {
        feature.key: np.array(feature.transform.buckets.boundaries, _dtype(feature))
        for feature in numerics
        if feature.transform.buckets
    }
    learned = [feature for feature in spec.inputs.values() if feature.transform.quantile_cdf]
    if all(feature.key in declared for feature in numerics):
        return declared
    return _quantiles(folder, learned) | declared


def range_text(boundaries: np.ndarray, bucket: int) -> str:
    """What a bucket holds: "(-∞, 18)", "[18, 25)", "[65, ∞)"; "(missing)" for the one after the last."""
    if bucket > len(boundaries):
        return "(missing)"
    low, high = (
        np.format_float_positional(boundaries[place], trim="-") if 0 <= place < len(boundaries) else None
        for place in (bucket - 1, bucket)
    )
    return f"{'(-∞' if low is None else f'[{low}'}, {'∞' if high is None else high})"


def _quantiles(folder: str, features: list[Feature]) -> Boundaries:
    """Transform learns the quantiles of all features with the same number of them, and as many bits, as one matrix.

    It is [features, n - 1]: its graph searches each value in its feature's row, and holds nothing else of that shape
    and type to search in.
    """
    tables = _search_tables(folder)
    boundaries: Boundaries = {}
    counts = Counter((_count(feature), feature.bits) for feature in features)
    for (quantiles, bits), members in counts.items():
        matrices = [
            matrix for matrix in tables if matrix.shape == (members, quantiles - 1) and matrix.itemsize * 8 == bits
        ]
        if len(matrices) != 1:
            raise WideDeepError(
                f"{folder}: its graph holds {len(matrices)} tables of {quantiles} quantiles of {members} features, and "
                "one is needed: was it made by another version? Run the pipeline again."
            )
        keys = [feature.key for feature in features if (_count(feature), feature.bits) == (quantiles, bits)]
        boundaries.update(zip(keys, matrices[0], strict=True))
    return boundaries


def _dtype(feature: Feature) -> type[np.floating[Any]]:
    return np.float64 if feature.bits == 64 else np.float32


def _count(feature: Feature) -> int:
    assert feature.transform.quantile_cdf is not None
    return feature.transform.quantile_cdf.quantiles


def _search_tables(folder: str) -> list[np.ndarray]:
    """Every learned matrix in whose rows the transform graph searches (tf.searchsorted, side "right")."""
    model = served_model(folder)
    transform: Any = model._transform.transform_fn
    # What was learned enters the graph from outside; what was declared is a constant in it.
    learned = {inner.name: outer for outer, inner in transform.graph.captures}
    matrices = []
    for operation in transform.graph.get_operations():
        if operation.type == "UpperBound":
            matrix = _learned(operation.inputs[0], learned)
            if matrix is not None:
                matrices.append(matrix)
    return matrices


def _learned(tensor: Any, learned: Mapping[str, Any]) -> np.ndarray | None:
    """The value of a tensor that the graph makes of what was learned alone; None of others."""
    if tensor.name in learned:
        return np.asarray(learned[tensor.name].numpy())
    operation = tensor.op
    if operation.type not in ("Reshape", "Cast", "AddV2"):
        return None
    value = _learned(operation.inputs[0], learned)
    if value is None or operation.type == "Reshape":
        # Its shape is the same but for dimensions of one row.
        return value
    if operation.type == "Cast":
        return value.astype(tensor.dtype.as_numpy_dtype)
    other = _learned(operation.inputs[1], learned)
    return None if other is None else value + other
