"""A logged call of `rank`, as it waits for the log's thread. It imports no pyarrow: the client makes it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from widedeep.serving.client.signature import Features
from widedeep.serving.tensors import Array

# No text of UTF-8 has this byte.
SEPARATOR = b"\xff"


class Texts(NamedTuple):
    """A tensor of texts in one piece, with the separator between each and the next.

    The thread would look at a thousand texts long after the request had them in its processor's caches, and free them
    far from where they were made: that costs more than to join them at once.
    """

    data: bytes
    number: int
    # Of as many members each, where they are sets.
    rows: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A call of n requests of c candidates each, and its answer.

    Attributes:
        seconds: since 1970, when it was answered.
        request: its id; None: each request gets a new one.
        version: of the model, None where the server does not tell it.
        features: the model's.
        given: of each logged feature [n] of the user and [n, c] of the candidates, and a dimension more of sets.
        scores: float32 [n, c].
        size: bytes of it, roughly.
    """

    seconds: float
    request: str | None
    version: int | None
    features: Features
    given: Mapping[str, Array | Texts]
    scores: NDArray[np.float32]
    size: int

    def names(self) -> Iterator[str]:
        """The requests' ids: of several, of a call `7f3a`, `7f3a-0`, `7f3a-1` and so on."""
        for number in range(len(self.scores)):
            if self.request is None:
                yield uuid.uuid4().hex
            else:
                yield self.request if len(self.scores) == 1 else f"{self.request}-{number}"


def entry(
    seconds: float,
    request: str | None,
    version: int | None,
    features: Features,
    tensors: Mapping[str, Array],
    scores: NDArray[np.float32],
    left_out: Collection[str] = (),
) -> Entry:
    """What is kept of a call.

    Args:
        seconds: as Entry's, and so are `request`, `version`, `features` and `scores`.
        request: its id.
        version: of the model.
        features: the model's.
        tensors: as they were sent: 1 in place of n stands for all requests, and in place of c for all candidates.
            Nobody may change the numbers any more.
        scores: of the candidates.
        left_out: features that are not logged.

    Raises:
        KeyError: a feature was not sent.
        ValueError: it was sent in another shape than the scores'.
    """
    requests, candidates = scores.shape
    given: dict[str, Array | Texts] = {}
    size = scores.nbytes
    for name, feature in features.items():
        if name in left_out:
            continue
        tensor = tensors[name]
        of_user = feature.side == "user"
        wanted = (requests,) if of_user else (requests, candidates)
        shape = tensor.shape
        if shape[: len(wanted)] != wanted:
            tensor = np.broadcast_to(tensor, wanted + shape[len(wanted) :])
        if feature.kind == "number":
            given[name] = tensor
            size += tensor.nbytes
        else:
            data = SEPARATOR.join(tensor.ravel().tolist())
            given[name] = Texts(data, tensor.size, requests if of_user else requests * candidates)
            size += len(data)
    return Entry(seconds, request, version, features, given, scores, size)
