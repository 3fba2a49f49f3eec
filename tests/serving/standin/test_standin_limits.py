"""Too large, too many, too late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest


@pytest.fixture
def waiting(serve, small_models):
    """A server whose requests wait for a second row."""
    from widedeep.serving.standin.batching.parameters import Parameters

    def start(limit):
        return serve(small_models, batching=Parameters(2, 20_000_000, 10, 1), max_concurrent=limit)

    return start


def _page(served):
    return served.core.metrics.render()[0].decode()


def test_a_message_over_the_limit_is_refused(serve, small_models, small_model):
    served = serve(small_models, max_message=10_000)
    with pytest.raises(grpc.RpcError) as caught:
        served.predict({"examples": [b"x" * 20_000]})
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in caught.value.details()
    assert served.predict({"examples": [small_model.example(1.0)]}).outputs["score"].float_val


def test_one_request_too_many_is_refused_and_the_others_are_answered(waiting, until, refused, small_model):
    served = waiting(1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(served.predict, {"x": [1.0]}, "predict_raw")
        until(lambda: "enqueued_batches 1.0" in _page(served))
        with refused("RESOURCE_EXHAUSTED", "The server answers 1 requests already, as many as it may at a time."):
            served.predict({"x": [2.0]}, "predict_raw")
        # Questions about the server are not counted.
        from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

        status = GetModelStatusRequest()
        status.model_spec.name = "small"
        assert served.models.GetModelStatus(status).model_version_status[0].version == 1
        served.core._batcher.close()
        assert first.result().outputs["score"].float_val == pytest.approx([small_model.score(1.0)])


def test_who_has_given_up_is_not_computed_for(waiting, until, make_request, small_model, monkeypatch):
    from widedeep.serving.standin.models.servable import Servable

    rows = []
    real = Servable.run

    def run(self, feeds, fetches):
        rows.extend(len(array) for array in feeds.values() if array.dtype == "float32")
        return real(self, feeds, fetches)

    monkeypatch.setattr(Servable, "run", run)
    served = waiting(8)
    with pytest.raises(grpc.RpcError) as caught:
        served.prediction.Predict(make_request({"x": [1.0]}, "predict_raw"), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    response = served.predict({"x": [5.0]}, "predict_raw")
    assert list(response.outputs["score"].float_val) == pytest.approx([small_model.score(5.0)])
    assert rows == [1]
    cancelled = 'request_count{model_name="small",status="CANCELLED"} 1.0'
    until(lambda: cancelled in _page(served))


def test_who_has_gone_before_the_run_is_not_computed_for(serve, small_models, make_request, monkeypatch):
    from widedeep.serving.standin.call import Call
    from widedeep.serving.standin.errors import ServingError
    from widedeep.serving.standin.models.servable import Servable

    runs = []
    monkeypatch.setattr(Servable, "run", lambda *args: runs.append(args))
    core = serve(small_models).core
    with pytest.raises(ServingError, match="The client has gone, or its deadline has passed") as caught:
        core.predict(make_request({"x": [1.0]}, "predict_raw"), Call("GRPC", lambda: False))
    assert caught.value.code is grpc.StatusCode.CANCELLED
    assert runs == []


def test_a_request_that_has_ended_makes_room_for_the_next(serve, small_models, small_model, refused):
    served = serve(small_models, max_concurrent=1)
    for _ in range(3):
        with refused("FAILED_PRECONDITION", 'Serving signature key "none" not found.'):
            served.predict({}, "none")
        response = served.predict({"x": [1.0]}, "predict_raw")
        assert list(response.outputs["score"].float_val) == pytest.approx([small_model.score(1.0)])
