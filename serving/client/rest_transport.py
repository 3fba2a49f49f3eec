"""Asks a server over REST."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import numpy as np

from widedeep.serving import served_models
from widedeep.serving.client.candidate_columns import Part
from widedeep.serving.client.errors import RankingError, ServerAwayError, ServerError
from widedeep.serving.client.rest_metadata import metadata
from widedeep.serving.client.signature import RANK, Metadata
from widedeep.serving.client.tls import Tls
from widedeep.serving.client.transport import Clock, PartScores, Place, failure, part_scores
from widedeep.serving.tensors import Array

# Requests that may be under way at once, of all threads that use the client.
_CONNECTIONS = 32
_CODES = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
Result = TypeVar("Result")


class RestTransport:
    """A pool of connections to a server.

    TF Serving's REST does not say which version answered, so that while a version is replaced, the parts of a call may
    be scored by different ones.
    """

    def __init__(self, place: Place, tls: Tls | None) -> None:
        self._place = place
        self._url = f"{'https' if tls else 'http'}://{place.server}/v1/models/{quote(place.model, safe='')}"
        self._client = httpx.Client(
            verify=tls.context() if tls else True,
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            # A target is a server's own address, to which no proxy leads.
            trust_env=False,
        )
        self._pool = ThreadPoolExecutor(_CONNECTIONS, "rank")

    def metadata(self, clock: Clock) -> Metadata:
        """As Transport's."""
        call = self._pool.submit(self._request, "GET", f"{self._version_path(None)}/metadata", None, clock)
        document = _result(call, clock)
        try:
            return metadata(document)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise self._not_tf_serving("its metadata are not those of TF Serving") from None

    def scores(self, parts: Sequence[Part], version: int | None, clock: Clock) -> list[PartScores | ServerAwayError]:
        """As Transport's."""
        calls = [self._pool.submit(self._score, part, version, clock) for part in parts]
        try:
            return [_answer(call, clock) for call in calls]
        finally:
            for call in calls:
                call.cancel()

    def _score(self, part: Part, version: int | None, clock: Clock) -> PartScores:
        inputs = {name: _plain(array) for name, array in part.tensors.items()} | {"top_k": [0]}
        body = json.dumps({"signature_name": RANK, "inputs": inputs}).encode()
        outputs = self._request("POST", f"{self._version_path(version)}:predict", body, clock).get("outputs")
        # A signature's only output stands there without its name.
        scores = outputs.get("score") if isinstance(outputs, dict) else outputs
        return part_scores(scores, None, part, self._place)

    def _version_path(self, version: int | None) -> str:
        chosen = self._place.version if version is None else version
        if chosen is not None:
            return f"/versions/{chosen}"
        return f"/labels/{quote(self._place.label, safe='')}" if self._place.label else ""

    def _request(self, method: str, path: str, body: bytes | None, clock: Clock) -> dict[str, Any]:
        status, answer, served = self._send(method, path, body, clock)
        try:
            document = json.loads(answer)
        except ValueError:
            document = None
        if status >= 300:
            details = document.get("error") if isinstance(document, dict) else None
            if not isinstance(details, str):
                if status not in (429, 503):  # a proxy may say so as well
                    raise self._not_tf_serving(f"HTTP {status} without an error message")
                details = f"HTTP {status}"
            raise failure(_CODES.get(status, f"HTTP {status}"), details, self._place, clock, served)
        if not isinstance(document, dict):
            raise self._not_tf_serving("no JSON object")
        return document

    def _send(self, method: str, path: str, body: bytes | None, clock: Clock) -> tuple[int, bytes, tuple[str, ...]]:
        """The answer's status, its body, and the models that the server has, where it says so."""
        timeout = max(clock.left(), 1e-3)
        try:
            with self._client.stream(method, self._url + path, content=body, timeout=timeout) as response:
                answer = bytearray()
                for chunk in response.iter_bytes():
                    answer += chunk
                    if not clock.left():  # nobody waits any more
                        raise clock.late()
                return (
                    response.status_code,
                    bytes(answer),
                    served_models.decode(response.headers.get(served_models.HEADER)),
                )
        except httpx.TimeoutException:
            raise clock.late() from None
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            if str(error).startswith("illegal ") and _speaks_http2(self._place.server, timeout):
                raise ServerError(
                    f"{self._place.server} is a gRPC port, which does not speak REST. Ask the REST port (TF Serving's "
                    "is 8501 where none was chosen), or this one without --rest."
                ) from None
            raise failure("UNAVAILABLE", str(error), self._place, clock) from None
        except httpx.HTTPError as error:
            raise ServerError(f"{self._place}: {error}.") from None

    def _not_tf_serving(self, what: str) -> RankingError:
        return ServerError(
            f"{self._place}: something else than TF Serving's REST interface answers there: {what}. "
            "Is it the REST port (TF Serving's is 8501) and the right protocol?"
        )

    def close(self) -> None:
        """As Transport's."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()


def _speaks_http2(server: str, timeout: float) -> bool:
    """Whether what listens there begins as gRPC's servers do: with a frame of settings (RFC 9113, section 6.5)."""
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout) as connection:
            connection.settimeout(timeout)
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            return connection.recv(9)[3:4] == b"\4"
    except OSError:
        return False


def _answer(call: Future[PartScores], clock: Clock) -> PartScores | ServerAwayError:
    try:
        return _result(call, clock)
    except ServerAwayError as error:
        return error


def _result(call: Future[Result], clock: Clock) -> Result:
    """What httpx alone can't do: it limits each step and each read, and a server may send a byte at a time."""
    try:
        return call.result(clock.left())
    except TimeoutError:
        raise clock.late() from None


def _plain(array: Array) -> Any:
    if array.dtype == object:
        texts = np.array([text.decode() for text in array.ravel().tolist()], object)
        return texts.reshape(array.shape).tolist()
    return array.tolist()
