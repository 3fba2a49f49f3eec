"""The whole server, both interfaces: its start, its health, its orderly end, and the command."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from click.testing import CliRunner

from widedeep.components.common.errors import ConfigError, WideDeepError


@pytest.fixture
def server(small_models):
    from widedeep.serving.standin.models import model_configs
    from widedeep.serving.standin.server import Options, Server

    started = []

    def start(**options):
        server = Server(model_configs.single("small", small_models), Options(**{"port": 0, "rest_port": 0} | options))
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop(0)


def test_an_answers_body_does_not_wait_for_its_head_to_be_acknowledged(server):
    """Nagle's algorithm is off, which asyncio does for sockets of its own making only."""
    listening = server()._rest._socket
    assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def _stub(server):
    from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

    return PredictionServiceStub(grpc.insecure_channel(f"127.0.0.1:{server.port}"))


def _health(server, service=""):
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(f"127.0.0.1:{server.port}"))
    return stub, health_pb2.HealthCheckRequest(service=service)


def test_both_interfaces_answer_the_same(server, make_request, small_model):
    started = server()
    answered = _stub(started).Predict(make_request({"x": [1.0], "color": ["red"]}, "predict_raw"))
    url = f"http://127.0.0.1:{started.rest_port}"
    body = {"signature_name": "predict_raw", "inputs": {"x": [1.0], "color": ["red"], "tags": [["a"]]}}
    scores = httpx.post(f"{url}/v1/models/small:predict", json=body).json()["outputs"]["score"]
    assert list(answered.outputs["score"].float_val) == pytest.approx([small_model.score(1.0, "red")])
    assert scores == pytest.approx([small_model.score(1.0, "red", "a")], rel=1e-5)
    page = httpx.get(f"{url}/monitoring/prometheus/metrics").text
    assert 'request_count{model_name="small",status="OK"} 2.0' in page


@pytest.mark.parametrize("service", ["", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"])
def test_health_is_serving(server, service):
    stub, request = _health(server(), service)
    assert stub.Check(request).status == 1


def test_the_end_is_orderly(server, make_request, small_model, until):
    from widedeep.serving.standin.batching.parameters import Parameters

    started = server(batching=Parameters(2, 1_000_000, 10, 1))
    stub, request = _health(started)
    watched = stub.Watch(request)
    assert next(watched).status == 1
    with ThreadPoolExecutor(2) as threads:
        in_flight = threads.submit(_stub(started).Predict, make_request({"x": [1.0]}, "predict_raw"))
        until(lambda: b"enqueued_batches 1.0" in started.core.metrics.render()[0])
        stopping = threads.submit(started.stop, 20)
        assert next(watched).status == 2
        assert list(in_flight.result().outputs["score"].float_val) == pytest.approx([small_model.score(1.0)])
        watched.cancel()
        stopping.result()
    assert started.core.models.loaded() == {"small": []}
    with pytest.raises(grpc.RpcError) as caught:
        _stub(started).Predict(make_request({"x": [1.0]}, "predict_raw"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{started.rest_port}/v1/models/small")


@pytest.mark.parametrize(("which", "name"), [("port", "gRPC"), ("rest_port", "REST")])
def test_a_port_that_is_taken_is_named(server, which, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WideDeepError, match=f"^{name} can't listen on 127.0.0.1:{port}: ") as caught:
            server(**{which: port})
    assert str(caught.value).endswith(f" Give another --{which.replace('_', '-')}.")


def test_two_servers_do_not_share_a_port(server):
    first = server()
    with pytest.raises(WideDeepError, match=f"^gRPC can't listen on 127.0.0.1:{first.port}: "):
        server(port=first.port)


def test_a_config_that_cannot_be_served(make_config):
    from widedeep.serving.standin.server import Options, Server

    with pytest.raises(ConfigError) as caught:
        Server(make_config({"small": "models"}), Options())
    text = "The models can't be served: Expected model small to have an absolute path or URI; got base_path()=models"
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Give either MODEL_BASE_DIR or --config FILE."),
        ([".", "--config", __file__], "Give either MODEL_BASE_DIR or --config FILE."),
        (["--config", __file__, "--name", "a"], "--name goes with MODEL_BASE_DIR; the models in --config have their"),
        ([".", "--tls-key", __file__], "--tls-key and --tls-cert go together, and --client-ca goes with them."),
        ([".", "--client-ca", __file__], "--tls-key and --tls-cert go together, and --client-ca goes with them."),
    ],
)
def test_options_that_do_not_go_together(arguments, text):
    from widedeep.pipeline.commands.servers.serve import command

    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert text in result.output


def test_a_config_file_that_is_none(tmp_path):
    from widedeep.pipeline.commands.servers.serve import _config

    (tmp_path / "models.config").write_text("model_config_list { models: 1 }")
    with pytest.raises(ConfigError, match=r"models\.config is not a text-proto of a ModelServerConfig: "):
        _config(tmp_path / "models.config")


def test_the_folder_gives_the_name(tmp_path):
    from widedeep.pipeline.commands.servers.serve import _name

    assert _name(tmp_path / "work" / "movielens" / "models") == "movielens"
    assert _name(tmp_path / "movielens") == "movielens"


def test_the_command_serves_until_it_is_told_to_end(small_models, make_request, small_model):
    code = "from widedeep.pipeline.commands.servers.serve import command; command()"
    arguments = [sys.executable, "-c", code, str(small_models), "--name", "mine", "--port", "0", "--rest-port", "0"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as ran:
        try:
            ready = ran.stdout.readline()
            form = r"ready: gRPC 127\.0\.0\.1:(\d+), REST http://127\.0\.0\.1:(\d+), model mine version 1\n"
            ports = re.fullmatch(form, ready)
            assert ports, ready + ran.stderr.read()
            from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

            stub = PredictionServiceStub(grpc.insecure_channel(f"127.0.0.1:{ports[1]}"))
            response = stub.Predict(make_request({"x": [1.0]}, "predict_raw", name="mine"))
            assert list(response.outputs["score"].float_val) == pytest.approx([small_model.score(1.0)])
            assert httpx.get(f"http://127.0.0.1:{ports[2]}/v1/models/mine").status_code == 200
            ran.send_signal(signal.SIGTERM)
            assert ran.wait(60) == 0
            told = ran.stderr.read()
        finally:
            ran.kill()
    assert "A stand-in for TF Serving, for development and the dry run." in told
    assert "mine version 1 is available" in told
    assert "Stopping when the requests in flight have ended." in told
