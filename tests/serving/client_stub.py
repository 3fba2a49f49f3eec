"""A small server over both transports that says what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import numpy as np

from widedeep.serving import tensors
from widedeep.serving.client import messages

HTTP = {"UNAVAILABLE": 503, "NOT_FOUND": 404, "INVALID_ARGUMENT": 400, "INTERNAL": 500, "RESOURCE_EXHAUSTED": 429}
NAMES = {tensors.FLOAT: "DT_FLOAT", tensors.STRING: "DT_STRING", tensors.INT32: "DT_INT32"}


def candidates(*values: float) -> list[dict[str, float]]:
    """Candidates that the stub scores."""
    return [{"x": value} for value in values]


class Stub:
    """Scores a candidate with its x plus the user's age, and keeps what it was asked.

    `script` holds an answer to each of the next calls: a status with a text, or something to do first.
    """

    def __init__(self) -> None:
        self.candidate = {"x": (tensors.FLOAT, 2)}
        self.version = 1
        self.specs: list[Any] = []
        self.metadata_calls = 0
        self.script: deque[tuple[str, str] | Callable[[], None]] = deque()
        self.metadata_script: deque[tuple[str, str] | Callable[[], None]] = deque()
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        return len(self.specs)

    def signatures(self) -> dict[str, Any]:
        """By signature the types and ranks of its inputs, and its defaults."""
        with self._lock:
            self.metadata_calls += 1
        self._next(self.metadata_script)
        rank = {"age": (tensors.FLOAT, 1), **self.candidate, "top_k": (tensors.INT32, 1)}
        raw = {name: (dtype, 1) for name, (dtype, _) in rank.items() if name != "top_k"}
        return {"rank": (rank, ["age", "top_k"]), "predict_raw": (raw, [])}

    def scores(self, spec: Any, inputs: dict[str, Any]) -> tuple[Any, int]:
        with self._lock:
            self.specs.append(spec)
            version = self.version
        self._next(self.script)
        if sorted(inputs) != sorted(["age", "top_k", *self.candidate]):
            raise Refused("INVALID_ARGUMENT", "input size does not match signature")
        return np.asarray(inputs["age"])[:, None] + np.asarray(inputs["x"]), version

    def _next(self, script: deque[Any]) -> None:
        with self._lock:
            step = script.popleft() if script else None
        if callable(step):
            step()
        elif step:
            raise Refused(*step)


class Refused(Exception):  # noqa: N818
    pass


class GrpcStub(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._pool = futures.ThreadPoolExecutor(16)
        self._server: Any = None

    def start(self, port: int = 0) -> int:
        self._server = grpc.server(self._pool, handlers=[self], options=[("grpc.so_reuseport", 0)])
        port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()
        return port

    def stop(self) -> None:
        if self._server:
            self._server.stop(0).wait()
        self._pool.shutdown()

    def service(self, call: Any) -> Any:
        kinds = {
            "/tensorflow.serving.PredictionService/Predict": (self._predict, messages.PredictRequest),
            "/tensorflow.serving.PredictionService/GetModelMetadata": (
                self._metadata,
                messages.GetModelMetadataRequest,
            ),
        }
        method, request = kinds[call.method]

        def answer(message: Any, context: Any) -> Any:
            try:
                return method(message)
            except Refused as error:
                return context.abort(grpc.StatusCode[error.args[0]], error.args[1])

        return grpc.unary_unary_rpc_method_handler(answer, request.FromString, lambda made: made.SerializeToString())

    def _predict(self, request: Any) -> Any:
        assert request.model_spec.signature_name == "rank"
        assert list(request.output_filter) == ["score"]
        spec = request.model_spec
        pinned = spec.version.value if spec.HasField("version") else spec.version_label or None
        inputs = {name: tensors.from_proto(proto) for name, proto in request.inputs.items()}
        scores, version = self._stub.scores(pinned, inputs)
        response = messages.PredictResponse()
        response.model_spec.version.value = version
        tensors.to_proto(np.asarray(scores, np.float32), response.outputs["score"])
        return response

    def _metadata(self, request: Any) -> Any:
        assert list(request.metadata_field) == ["signature_def"]
        signatures = messages.SignatureDefMap()
        for name, (inputs, defaults) in self._stub.signatures().items():
            for key, (dtype, rank) in inputs.items():
                info = signatures.signature_def[name].inputs[key]
                info.dtype = dtype
                for _ in range(rank):
                    info.tensor_shape.dim.add().size = -1
            for key in defaults:
                signatures.signature_def[name].defaults[key].dtype = 1
        response = messages.GetModelMetadataResponse()
        response.metadata["signature_def"].value = signatures.SerializeToString()
        return response


class RestStub:
    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._server: Any = None
        self.raw: tuple[int, bytes] | None = None

    def start(self, port: int = 0) -> int:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._answer(outer._metadata)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._answer(lambda: outer._predict(self.path, body))

            def _answer(self, make: Callable[[], Any]) -> None:
                try:
                    code, text = 200, json.dumps(make()).encode()
                except Refused as error:
                    code, text = HTTP[error.args[0]], json.dumps({"error": error.args[1]}).encode()
                if outer.raw and self.command == "POST":
                    code, text = outer.raw
                self.send_response(code)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _predict(self, path: str, body: Any) -> Any:
        assert body["signature_name"] == "rank"
        which = path.removeprefix("/v1/models/m").removesuffix(":predict")
        pinned = (
            int(which.removeprefix("/versions/")) if "versions" in which else which.removeprefix("/labels/") or None
        )
        scores, _ = self._stub.scores(pinned, body["inputs"])
        return {"outputs": {"score": scores.tolist() if isinstance(scores, np.ndarray) else scores, "order": [[0]]}}

    def _metadata(self) -> Any:
        signatures = {
            name: {
                "inputs": {
                    key: {
                        "dtype": NAMES[dtype],
                        "tensor_shape": {"dim": [{"size": "-1"}] * rank, "unknown_rank": False},
                    }
                    for key, (dtype, rank) in inputs.items()
                },
                "defaults": {key: {} for key in defaults},
            }
            for name, (inputs, defaults) in self._stub.signatures().items()
        }
        spec = {"name": "m", "signature_name": "", "version": "1"}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": signatures}}}
