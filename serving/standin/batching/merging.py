"""Several requests' tensors as one batch along dimension 0, and the batch's outputs as each one's own."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import grpc
import numpy as np

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.tensors import Array

Tensors = Mapping[str, Array]


def rows(feeds: Tensors) -> int:
    """Dimension 0, which all inputs share.

    Raises:
        ServingError: they don't, as TF Serving says.
    """
    if not feeds:
        raise invalid("Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in feeds.values()):
        raise invalid("Batching Run() input tensors must have at least one dimension")
    sizes = {array.shape[0] for array in feeds.values()}
    if len(sizes) > 1:
        raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
    return int(sizes.pop())


def likeness(feeds: Tensors, *, padded: bool) -> Hashable:
    """Equal of what can be put together: the names, types and shapes but for dimension 0.

    What is padded needs equal ranks only. TF Serving looks at the names alone, and fails the whole batch where the
    rest differs.
    """
    return tuple(
        (name, array.dtype.str, array.ndim if padded else array.shape[1:]) for name, array in sorted(feeds.items())
    )


def merge(tasks: Sequence[Tensors]) -> dict[str, Array]:
    """One after the other. Shorter ones are padded as TF Serving pads: with their own first element.

    Raises:
        ServingError: one without an element is to be padded.
    """
    return {name: _joined([feeds[name] for feeds in tasks]) for name in tasks[0]}


def _joined(arrays: Sequence[Array]) -> Array:
    largest = [max(sizes) for sizes in zip(*(array.shape[1:] for array in arrays), strict=True)]
    return np.concatenate([_padded(array, largest) for array in arrays])


def _padded(array: Array, largest: Sequence[int]) -> Array:
    if list(array.shape[1:]) == list(largest):
        return array
    if not array.size:
        raise invalid("Got empty tensor in batch of non-empty tensors.")
    padded = np.full([array.shape[0], *largest], array.flat[0], array.dtype)
    padded[tuple(slice(size) for size in array.shape)] = array
    return padded


def split(outputs: Tensors, sizes: Sequence[int]) -> list[dict[str, Array]]:
    """Each one's rows of every output.

    Raises:
        ServingError: an output has not a row for each row of the inputs: its signature can't be batched.
    """
    for array in outputs.values():
        if array.ndim == 0:
            raise ServingError(grpc.StatusCode.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if array.shape[0] != sum(sizes):
            raise ServingError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input"
                " tensors",
            )
    return cut(outputs, sizes)


def cut(tensors: Tensors, sizes: Sequence[int]) -> list[dict[str, Array]]:
    """So many rows each, one after the other."""
    ends = np.cumsum(sizes)
    return [
        {name: array[end - size : end] for name, array in tensors.items()}
        for size, end in zip(sizes, ends, strict=True)
    ]


def joined(parts: Sequence[Tensors]) -> Tensors:
    """The outputs of a request that was cut up.

    Raises:
        ServingError: the parts' outputs differ in more than their rows.
    """
    if len(parts) == 1:
        return parts[0]
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    except ValueError as error:
        raise invalid(str(error)) from None
