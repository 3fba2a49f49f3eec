"""The small model, servers of it, and what tests ask them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small_model import SmallModel


@pytest.fixture(scope="session")
def small_model() -> type[SmallModel]:
    return SmallModel


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder with version 1 of the small model, bias 0. Only to be read."""
    base = tmp_path_factory.mktemp("small") / "small"
    SmallModel.write(base / "1")
    return base


@dataclass(frozen=True)
class Served:
    """A Core behind gRPC, and stubs that ask it."""

    core: Any
    port: int
    channel: Any
    prediction: Any
    models: Any

    def predict(self, inputs: dict[str, Any], signature: str = "", *, name: str = "small", **spec: Any) -> Any:
        """Predict on arrays; `version` or `label` chooses a version, `outputs` the outputs."""
        return self.prediction.Predict(predict_request(inputs, signature, name=name, **spec), timeout=60)


def predict_request(
    inputs: dict[str, Any],
    signature: str = "",
    *,
    name: str = "small",
    version: int | None = None,
    label: str = "",
    outputs: Sequence[str] = (),
) -> Any:
    """A PredictRequest of arrays and lists."""
    import tensorflow as tf
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    request = PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = name, signature
    if version is not None:
        request.model_spec.version.value = version
    if label:
        request.model_spec.version_label = label
    for alias, value in inputs.items():
        floats = alias == "x" and not hasattr(value, "dtype")
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value, tf.float32 if floats else None))
    return request


@pytest.fixture(scope="session")
def make_request() -> Any:
    return predict_request


@pytest.fixture(scope="session")
def make_config() -> Any:
    """A ModelServerConfig of base folders by name; `text` is more of each model's config, as text-proto."""

    def make(models: dict[str, Path], text: str = "") -> Any:
        from google.protobuf import text_format
        from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

        config = ModelServerConfig()
        for name, base in models.items():
            model = config.model_config_list.config.add(name=name, base_path=str(base), model_platform="tensorflow")
            text_format.Merge(text, model)
        return config

    return make


@pytest.fixture(scope="module")
def serve(make_config: Any) -> Iterator[Any]:
    """Starts servers: serve(base or config, **options of Core), closed with the module."""
    with ExitStack() as opened:

        def start(served: Any, *, credentials: Any = None, tls: Any = None, **options: Any) -> Served:
            import grpc
            from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

            from widedeep.serving.standin.core import Core
            from widedeep.serving.standin.grpc_server import GrpcServer

            config = make_config({"small": served}) if isinstance(served, Path) else served
            size = options.pop("max_message", 1 << 20)
            core = Core(config, **{"poll": 0.05} | options)
            core.start()
            opened.callback(core.close)
            server = GrpcServer(
                core, "127.0.0.1", 0, tls=tls, max_message=size, max_concurrent=options.get("max_concurrent", 64)
            )
            opened.callback(lambda: server.stop(0).wait())
            address = f"localhost:{server.port}"
            channel = grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
            opened.callback(channel.close)
            return Served(
                core,
                server.port,
                channel,
                prediction_service_pb2_grpc.PredictionServiceStub(channel),
                model_service_pb2_grpc.ModelServiceStub(channel),
            )

        yield start


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns when it holds; the test fails where it does not in that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def until() -> Any:
    return wait_until


@pytest.fixture(scope="session")
def refused() -> Any:
    """refused(code, text): the block is refused by the server with a status and a text."""

    @contextmanager
    def block(code: str, text: str) -> Iterator[None]:
        import grpc

        with pytest.raises(grpc.RpcError) as caught:
            yield
        assert (caught.value.code().name, caught.value.details()) == (code, text)

    return block
