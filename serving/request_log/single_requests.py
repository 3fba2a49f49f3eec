"""A batch of requests to `rank`, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from widedeep.serving.client.signature import Features
from widedeep.serving.tensors import Array


def single_requests(
    features: Features, tensors: Mapping[str, Array], scores: NDArray[np.float32]
) -> Iterator[tuple[dict[str, Array], NDArray[np.float32]]]:
    """What an entry of the log has of each request.

    Args:
        features: the model's.
        tensors: [n, ...] of each feature; [1, ...] stands for all requests, and [n, 1, ...] for all candidates.
        scores: [n, c].
    """
    for number, of_request in enumerate(scores):
        request = {
            name: tensors[name][number : number + 1] if len(tensors[name]) > 1 else tensors[name] for name in features
        }
        whole = {
            name: _spread(request[name], len(of_request)) if feature.side == "candidate" else request[name]
            for name, feature in features.items()
        }
        yield whole, of_request


def _spread(tensor: Array, candidates: int) -> Array:
    return tensor if tensor.shape[1] == candidates else tensor.repeat(candidates, axis=1)
