"""A version's own requests run before it serves, and one that can't run keeps it from serving."""

from __future__ import annotations

import pytest


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "small" / "1"


@pytest.fixture
def logs(make_request, small_model):
    """One of each kind that can be replayed."""
    import tensorflow as tf
    from tensorflow_serving.apis.input_pb2 import Input
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    given = Input()
    given.example_list.examples.append(tf.train.Example.FromString(small_model.example(1.0)))
    predict, classify, regress, several = (PredictionLog() for _ in range(4))
    predict.predict_log.request.CopyFrom(make_request({"x": [1.0]}, "predict_raw"))
    for log, kind in ((classify.classify_log, "classify"), (regress.regress_log, "regress")):
        log.request.model_spec.name, log.request.model_spec.signature_name = "small", kind
        log.request.input.CopyFrom(given)
    several.multi_inference_log.request.input.CopyFrom(given)
    task = several.multi_inference_log.request.tasks.add(method_name="tensorflow/serving/regress")
    task.model_spec.name, task.model_spec.signature_name = "small", "regress"
    return [predict, classify, regress, several]


@pytest.fixture
def runs(monkeypatch):
    """What is fetched, run by run."""
    from widedeep.serving.standin.models.servable import Servable

    fetched = []
    real = Servable.run
    monkeypatch.setattr(
        Servable, "run", lambda self, feeds, fetches: (fetched.append(fetches), real(self, feeds, fetches))[1]
    )
    return fetched


def _load(serve, folder):
    core = serve(folder.parent, poll=1000).core
    state = core._registry.states("small")[1]
    return state.error.message if state.error else None


def test_each_kind_of_record_is_run_before_the_version_serves(serve, folder, small_model, logs, runs):
    small_model.write(folder, warmup=logs)
    assert _load(serve, folder) is None
    assert [len(fetches) for fetches in runs] == [2, 2, 1, 1]


def test_without_records_nothing_is_run(serve, folder, small_model, runs):
    small_model.write(folder)
    assert _load(serve, folder) is None
    assert runs == []


def test_a_record_that_fails_fails_the_load_and_is_named(serve, folder, small_model, logs):
    logs[2].regress_log.request.model_spec.signature_name = "other"
    small_model.write(folder, warmup=logs)
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    assert _load(serve, folder) == f"Warm-up record 3 of {file}: No signature was found with the name: other"


def test_a_kind_that_tf_serving_does_not_replay(serve, folder, small_model):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    log = PredictionLog()
    log.session_run_log.SetInParent()
    small_model.write(folder, warmup=[log])
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    assert _load(serve, folder) == f"Warm-up record 1 of {file}: Unsupported log_type for warmup: session_run_log"


@pytest.mark.parametrize(("count", "fails"), [(1000, False), (1001, True)])
def test_at_most_a_thousand_records(serve, folder, small_model, count, fails):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    small_model.write(folder, warmup=[PredictionLog()] * count)
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    expected = f"Number of warmup records exceeds the maximum (1000) at {file}" if fails else None
    assert _load(serve, folder) == expected


def test_a_file_that_is_no_tfrecord(serve, folder, small_model, logs):
    small_model.write(folder, warmup=logs[:1])
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert _load(serve, folder).endswith(". Please verify your warmup data is in TFRecord format.")


def test_a_record_that_is_no_log(serve, folder, small_model, logs):
    class Garbage:
        @staticmethod
        def SerializeToString():  # noqa: N802
            return b"\xff\xff"

    small_model.write(folder, warmup=[logs[0], Garbage])
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    assert _load(serve, folder) == f"Failed to parse warmup record 2 from {file}"
