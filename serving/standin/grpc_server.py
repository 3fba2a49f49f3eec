"""The gRPC side: TF Serving's two services and gRPC's own health service over a Core."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from widedeep.components.common.errors import WideDeepError, reason
from widedeep.serving.standin.call import Call
from widedeep.serving.standin.core import Core
from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.tls import Tls

SERVICES = ("tensorflow.serving.PredictionService", "tensorflow.serving.ModelService")
# TF Serving's limit. A status travels in a header, of which clients take 8 KiB.
_LONGEST = 1024
# Requests beyond the limit are refused by threads of their own, so that the refusal comes at once.
_SPARE_THREADS = 8


class GrpcServer:
    """A started server; `port` is the one that it got."""

    def __init__(
        self, core: Core, host: str, port: int, *, tls: Tls | None, max_message: int, max_concurrent: int
    ) -> None:
        """`max_message` is in bytes, of requests; port 0 is any free one.

        Raises:
            WideDeepError: the port is taken.
        """
        threads = max_concurrent + _SPARE_THREADS
        self._server = grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix="grpc"),
            options=[
                ("grpc.max_receive_message_length", max_message),
                ("grpc.max_send_message_length", -1),
                # Otherwise a second server on the same port takes every other request without a word.
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=2 * threads,
            interceptors=[_Parsing()],
        )
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        _add(core, self._server)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            self.port: int = (
                self._server.add_secure_port(address, tls.grpc()) if tls else self._server.add_insecure_port(address)
            )
        except RuntimeError as error:
            raise WideDeepError(f"gRPC can't listen on {address}: {reason(error)}. Give another --port.") from None
        self._server.start()
        for service in ("", *SERVICES):
            self._health.set(service, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, grace: float) -> threading.Event:
        """Says NOT_SERVING and takes no more; the event is set when the requests in flight have ended."""
        self._health.enter_graceful_shutdown()
        stopped: threading.Event = self._server.stop(grace)
        return stopped


class _Parsing(grpc.ServerInterceptor):
    """Parses requests in the methods themselves.

    Where gRPC is to do it, and the bytes are no message, it ends the call twice, and keeps some 13 KiB of it for ever.
    """

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """The handler of a call's method, with bytes as its requests."""
        handler: Any = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler

        def parse_and_answer(data: bytes, context: grpc.ServicerContext) -> Any:
            try:
                request = handler.request_deserializer(data)
            except DecodeError:
                context.abort(grpc.StatusCode.INTERNAL, "The request is no message of the method's type.")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(parse_and_answer, response_serializer=handler.response_serializer)


def _add(core: Core, server: grpc.Server) -> None:
    prediction, model = prediction_service_pb2_grpc, model_service_pb2_grpc
    answers: Any = type("Answers", (prediction.PredictionServiceServicer, model.ModelServiceServicer), {})()
    answers.Predict = _method(core.predict)
    answers.Classify = _method(core.classify)
    answers.Regress = _method(core.regress)
    answers.MultiInference = _method(core.multi_inference)
    answers.GetModelMetadata = _method(core.model_metadata)
    answers.GetModelStatus = _method(core.model_status)
    answers.HandleReloadConfigRequest = _method(core.reload_config)
    prediction.add_PredictionServiceServicer_to_server(answers, server)
    model.add_ModelServiceServicer_to_server(answers, server)


def _method(answer: Callable[[Any, Call], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(request, Call("GRPC", context.is_active))
        except ServingError as error:
            context.set_trailing_metadata(tuple(error.headers.items()))
            context.abort(error.code, _cut(error.message))

    return handle


def _cut(message: str) -> str:
    data = message.encode()
    return message if len(data) <= _LONGEST else data[:_LONGEST].decode(errors="ignore") + "...TRUNCATED"
