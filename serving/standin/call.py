"""Whose request it is, as far as its answer depends on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import grpc

from widedeep.serving.standin.errors import ServingError


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Call:
    """How a request came in, as metrics name it, and whether somebody still waits for its answer."""

    entrypoint: str = "REST"
    alive: Callable[[], bool] = _always

    def check(self) -> None:
        """Raises ServingError when nobody waits any more: no model is run for nobody."""
        if not self.alive():
            raise ServingError(grpc.StatusCode.CANCELLED, "The client has gone, or its deadline has passed.")
