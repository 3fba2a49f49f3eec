"""An answered call of `rank`, which may hold several requests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from widedeep.serving.client.signature import Features
from widedeep.serving.request_log.entry import Entry
from widedeep.serving.tensors import Array


@dataclass(frozen=True, slots=True)
class Answered:
    """A call as it was made: to keep it costs nothing, `entries` does the work.

    Attributes:
        seconds: since 1970, when it was answered.
        request: its id; None: each request gets a new one.
        version: of the model, None where the server does not tell it.
        features: the model's.
        tensors: [n, ...] of each feature; [1, ...] stands for all requests, and [n, 1, ...] for all candidates.
        scores: float32 [n, c].
    """

    seconds: float
    request: str | None
    version: int | None
    features: Features
    tensors: Mapping[str, Array]
    scores: NDArray[np.float32]

    def entries(self) -> Iterator[Entry]:
        """The requests one by one; of several, with an id `7f3a`, `7f3a-0`, `7f3a-1` and so on."""
        for number, scores in enumerate(self.scores):
            if self.request is None:
                name = uuid.uuid4().hex
            else:
                name = self.request if len(self.scores) == 1 else f"{self.request}-{number}"
            yield Entry(self.seconds, name, self.version, self.features, self._tensors(number, len(scores)), scores)

    def _tensors(self, number: int, candidates: int) -> dict[str, Array]:
        made = {}
        for name, feature in self.features.items():
            tensor = self.tensors[name]
            of_request = tensor[number : number + 1] if len(tensor) > 1 else tensor
            made[name] = _spread(of_request, candidates) if feature.side == "candidate" else of_request
        return made


def _spread(tensor: Array, candidates: int) -> Array:
    return tensor if tensor.shape[1] == candidates else tensor.repeat(candidates, axis=1)
