"""TF Serving's REST interface, with its errors and status codes.

Beside it: GET /healthz, which is 200 once a version of a model can be target, and the metrics for Prometheus.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import grpc
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.regression_pb2 import RegressionRequest

from widedeep.serving.standin.core import Core
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.observation import metrics
from widedeep.serving.standin.rest import json_codec, paths
from widedeep.serving.standin.rest.json_text import too_deep
from widedeep.serving.standin.rest.paths import Target

# Threads that answer; what else may be in flight waits for one. Most of them wait for a batch to fill.
_THREADS = 32
_JSON = "application/json"
# zlib's for gzip alone.
_GZIP = 16 + zlib.MAX_WBITS
# As in http_server.cc; all others are 500.
_HTTP = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}


def rest_app(core: Core, *, max_body_bytes: int, max_concurrent: int) -> Starlette:
    """The application, for any ASGI server.

    Args:
        core: answers the requests.
        max_body_bytes: a longer request is refused with 413.
        max_concurrent: a request beyond so many in flight is refused with 503.
    """
    models = _Models(core, max_body_bytes, max_concurrent)

    async def health(_: Request) -> Response:
        if core.models.ready():
            return Response("ok\n", media_type="text/plain")
        return Response("no model is available\n", 503, media_type="text/plain")

    async def metrics_page(_: Request) -> Response:
        page, media_type = core.metrics.render()
        return Response(page, media_type=media_type)

    async def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _error(error.status_code, error.detail)

    routes = [
        Route("/healthz", health),
        Route(metrics.PATH, metrics_page),
        Route("/{path:path}", models),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: http_error})
    # A path that is none is not to be redirected to one with a slash.
    app.router.redirect_slashes = False
    return app


class _TooLongError(Exception):
    """A request's body is beyond the limit."""


class _Models:
    """Everything but the fixed paths, as an ASGI application."""

    def __init__(self, core: Core, max_body_bytes: int, max_concurrent: int) -> None:
        self._core = core
        self._max_body_bytes = max_body_bytes
        self._max_concurrent = max_concurrent
        self._running = 0
        self._pool = ThreadPoolExecutor(min(_THREADS, max_concurrent), "rest")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            response = await self._response(Request(scope, receive))
        except ServingError as error:
            response = _refused(error)
        except _TooLongError:
            response = _error(413, f"The request has more than {self._max_body_bytes:,} bytes.")
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        path, query = request.scope["raw_path"], request.scope["query_string"]
        if request.method == "TRACE":
            return _page(501, "Not Implemented")
        if not paths.is_known(path.decode("latin-1")):
            return _page(404, "Not Found")
        if request.method == "OPTIONS":
            # What a browser asks before it sends a page's request elsewhere; no header says that it may.
            return Response(b"", 200 if "origin" in request.headers else 400, media_type="text/html")
        target = paths.parse(request.method, (path + (b"?" + query if query else b"")).decode("latin-1"))
        if self._running >= self._max_concurrent:
            raise ServingError(
                grpc.StatusCode.UNAVAILABLE, f"{self._max_concurrent} requests are in flight. Try again."
            )
        self._running += 1
        try:
            body = await self._body(request)
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, target, body)
        finally:
            self._running -= 1

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        gzip = zlib.decompressobj(_GZIP) if request.headers.get("content-encoding", "").lower() == "gzip" else None
        try:
            async for part in request.stream():
                # No more than is allowed, and a byte to tell: a few kilobytes may be gigabytes.
                body += gzip.decompress(part, self._max_body_bytes + 1 - len(body)) if gzip else part
                if len(body) > self._max_body_bytes:
                    raise _TooLongError
        except zlib.error as error:
            raise invalid(f"The body is not gzip, as Content-Encoding says: {error}") from None
        if gzip and not gzip.eof:
            raise invalid("The body is not gzip, as Content-Encoding says: it is cut short")
        return bytes(body)

    def _answer(self, target: Target, body: bytes) -> Response:
        try:
            return Response(getattr(self, f"_{target.verb}")(target.spec, body), media_type=_JSON)
        except ServingError as error:
            return _refused(error)
        except RecursionError:
            return _refused(too_deep())
        except Exception:
            logging.exception("%s of %s failed", target.verb, target.spec.name)
            return _error(500, "The server failed. Its log says why.")

    def _predict(self, spec: ModelSpec, body: bytes) -> bytes:
        request = PredictRequest(model_spec=spec)
        written_as = json_codec.fill_predict(body, request, lambda name: self._core.signature(spec, name))
        return json_codec.predict_response(self._core.predict(request), written_as)

    def _classify(self, spec: ModelSpec, body: bytes) -> bytes:
        request = ClassificationRequest(model_spec=spec)
        json_codec.fill_examples(body, request)
        return json_codec.classify_response(self._core.classify(request).result)

    def _regress(self, spec: ModelSpec, body: bytes) -> bytes:
        request = RegressionRequest(model_spec=spec)
        json_codec.fill_examples(body, request)
        return json_codec.regress_response(self._core.regress(request).result)

    def _status(self, spec: ModelSpec, _: bytes) -> bytes:
        return json_codec.status(self._core.model_status(GetModelStatusRequest(model_spec=spec)))

    def _metadata(self, spec: ModelSpec, _: bytes) -> bytes:
        request = GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        return json_codec.metadata(self._core.model_metadata(request))


def _refused(error: ServingError) -> Response:
    return _error(_HTTP.get(error.code, 500), error.message, error.headers)


def _page(status: int, name: str) -> Response:
    """What TF Serving's HTTP server itself says."""
    text = f"<HTML><HEAD>\n<TITLE>{status} {name}</TITLE>\n</HEAD><BODY>\n<H1>{name}</H1>\n</BODY></HTML>\n"
    return Response(text, status, media_type="text/html")


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_codec.error(message), status, headers, media_type=_JSON)
