"""What Prometheus reads."""

from __future__ import annotations

import pytest


def _samples(core):
    from prometheus_client.parser import text_string_to_metric_families

    page, content_type = core.metrics.render()
    assert content_type.startswith("text/plain")
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name.removeprefix(":tensorflow:serving:"), *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def _counted(model, method, status):
    return ("request_count_total", ("method", method), ("model_name", model), ("status", status))


def test_requests_are_counted_by_model_method_and_status_and_timed(serve, small_models, small_model):
    import grpc

    served = serve(small_models)
    for _ in range(3):
        served.predict({"examples": [small_model.example(1.0)]})
    for _ in range(2):
        with pytest.raises(grpc.RpcError):
            served.predict({}, "none")
    samples = _samples(served.core)
    assert samples[_counted("small", "Predict", "OK")] == 3
    assert samples[_counted("small", "Predict", "FAILED_PRECONDITION")] == 2
    latency = (("API", "Predict"), ("entrypoint", "GRPC"), ("model_name", "small"))
    assert samples[("request_latency_count", *latency)] == 3
    # Microseconds: more than one each, less than ten minutes.
    assert 3 < samples[("request_latency_sum", *latency)] < 600e6
    assert samples[("loaded_versions", ("model_name", "small"))] == 1


def test_names_that_clients_make_up_are_no_labels(serve, small_models):
    import grpc

    served = serve(small_models)
    for name in ("a", "b"):
        with pytest.raises(grpc.RpcError):
            served.predict({}, name=name)
    samples = _samples(served.core)
    assert samples[_counted("", "Predict", "NOT_FOUND")] == 2
    assert not [key for key in samples if ("model_name", "a") in key]


def test_batches_are_measured(serve, small_models, small_model):
    from widedeep.serving.standin.batching.parameters import Parameters

    served = serve(small_models, batching=Parameters(num_batch_threads=1))
    served.predict({"examples": [small_model.example(1.0)] * 3})
    samples = _samples(served.core)
    assert samples[("batching_session:processed_batch_size_count",)] == 1
    assert samples[("batching_session:processed_batch_size_sum",)] == 3
    assert samples[("batching_session:enqueued_batches",)] == 0


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
