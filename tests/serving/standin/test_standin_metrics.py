"""What Prometheus reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest


def _samples(core):
    """As they stand on the page: a parser of Python's client library would end counters in `_total`."""
    page, content_type = core.metrics.render()
    assert content_type.startswith("text/plain")
    lines = re.findall(r"^:tensorflow:serving:([a-z_:]+)(?:\{(.*)\})? (\S+)$", page.decode(), re.MULTILINE)
    assert lines
    return {
        (name, *sorted(re.findall(r'(\w+)="([^"]*)"', labels))): float(value)
        for name, labels, value in lines
        if 'le="' not in labels
    }


def _counted(model, status):
    return ("request_count", ("model_name", model), ("status", status))


def test_requests_are_counted_by_model_method_and_status_and_timed(serve, small_models, small_model):
    import grpc

    served = serve(small_models)
    for _ in range(3):
        served.predict({"examples": [small_model.example(1.0)]})
    for _ in range(2):
        with pytest.raises(grpc.RpcError):
            served.predict({}, "none")
    samples = _samples(served.core)
    assert samples[_counted("small", "OK")] == 3
    assert samples[_counted("small", "FAILED_PRECONDITION")] == 2
    latency = (("API", "Predict"), ("entrypoint", "GRPC"), ("model_name", "small"))
    assert samples[("request_latency_count", *latency)] == 3
    # Microseconds: more than one each, less than ten minutes.
    assert 3 < samples[("request_latency_sum", *latency)] < 600e6
    # Of those it is TensorFlow's own time in which the graph runs.
    runtime = (("API", "Predict"), ("model_name", "small"), ("runtime", "TF1"))
    assert samples[("runtime_latency_count", *runtime)] == 3
    assert 0 < samples[("runtime_latency_sum", *runtime)] < samples[("request_latency_sum", *latency)]
    assert samples[("loaded_versions", ("model_name", "small"))] == 1


def test_names_that_clients_make_up_are_no_labels(serve, small_models):
    import grpc

    served = serve(small_models)
    for name in ("a", "b"):
        with pytest.raises(grpc.RpcError):
            served.predict({}, name=name)
    samples = _samples(served.core)
    assert samples[_counted("", "NOT_FOUND")] == 2
    assert not [key for key in samples if ("model_name", "a") in key]


def test_batches_are_measured(serve, small_models, small_model):
    from widedeep.serving.standin.batching.parameters import Parameters

    served = serve(small_models, batching=Parameters(num_batch_threads=1))
    served.predict({"examples": [small_model.example(1.0)] * 3})
    samples = _samples(served.core)
    assert samples[("batching_session:processed_batch_size_count",)] == 1
    assert samples[("batching_session:processed_batch_size_sum",)] == 3
    assert samples[("batching_session:input_batch_size_sum",)] == 3
    queuing = ("thread_pool_name", "batch_threads")
    assert samples[("batching_session:queuing_latency_count", queuing)] == 1
    assert samples[("batching_session:enqueued_batches",)] == 0


def test_warm_ups_are_counted_by_the_versions_folder(serve, tmp_path, small_model):
    import tensorflow as tf
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    log = PredictionLog()
    log.predict_log.request.inputs["examples"].CopyFrom(tf.make_tensor_proto([small_model.example(1.0)]))
    folder = small_model.write(tmp_path / "small" / "1", warmup=[log, log])
    samples = _samples(serve(tmp_path / "small").core)
    warmed = ("model_path", str(folder)), ("status", "OK")
    assert samples[("model_warmup_records_read", *warmed)] == 2
    assert samples[("model_warmup_latency_count", *warmed)] == 1


def test_the_names_are_those_that_the_dashboard_asks_for(serve, small_models, small_model):
    """Read from the page itself: a client library of Python's would name counters otherwise."""
    served = serve(small_models)
    served.predict({"examples": [small_model.example(1.0)]})
    page = served.core.metrics.render()[0].decode()
    assert re.search(r'^:tensorflow:serving:request_count\{model_name="small",status="OK"\} 1.0$', page, re.MULTILINE)
    text = (Path(__file__).parents[3] / "serving" / "tensorflow" / "grafana" / "serving.json").read_text()
    queries = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r":tensorflow:serving:[a-z_:]+", query)}
    # What is to be had only once something was batched or warmed up is declared.
    names = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    histograms = {name + end for name in names for end in ("_bucket", "_sum", "_count")}
    assert asked <= names | histograms


def test_a_version_that_goes_is_no_longer_counted(serve, tmp_path, small_model):
    small_model.write(tmp_path / "small" / "1")
    served = serve(tmp_path / "small", poll=1000)
    small_model.write(tmp_path / "small" / "2")
    served.core.models.look()
    assert _samples(served.core)[("loaded_versions", ("model_name", "small"))] == 1
    (tmp_path / "small" / "2").rename(tmp_path / "away")
    (tmp_path / "small" / "1").rename(tmp_path / "away too")
    served.core.models.look()
    assert _samples(served.core)[("loaded_versions", ("model_name", "small"))] == 0
