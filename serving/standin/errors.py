"""What a request is refused with: a status of gRPC and a message, which the REST side turns into its own."""

from __future__ import annotations

from collections.abc import Iterable

import grpc

from widedeep.serving import served_models

_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}


class ServingError(Exception):
    """A request that can't be answered. The texts are TF Serving's where it has one."""

    def __init__(self, code: grpc.StatusCode, message: str, served: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self._served = tuple(served)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the refusal and is none of TF Serving's: the models that there are, where one is asked."""
        return {served_models.HEADER: served_models.encode(self._served)} if self._served else {}


def invalid(message: str) -> ServingError:
    """The request itself is wrong."""
    return ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)


def numbered(number: int, message: str) -> ServingError:
    """An error by its number, which TensorFlow and gRPC share; UNKNOWN where there is none."""
    return ServingError(_BY_NUMBER.get(number, grpc.StatusCode.UNKNOWN), message)
