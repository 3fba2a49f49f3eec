"""A logged request. It imports no pyarrow: the client makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from widedeep.serving.client.signature import Features
from widedeep.serving.tensors import Array


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and its answer.

    Attributes:
        seconds: since 1970, when it was answered.
        request: its id.
        version: of the model, None where the server does not tell it.
        features: the model's.
        tensors: as they were sent: [1] of the user, [1, c] of the candidates, and a dimension more of sets.
        scores: float32 [c].
    """

    seconds: float
    request: str
    version: int | None
    features: Features
    tensors: Mapping[str, Array]
    scores: NDArray[np.float32]
