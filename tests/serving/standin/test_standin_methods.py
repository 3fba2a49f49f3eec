"""Every method over gRPC, against the small model's formula; texts and codes against TF Serving's source."""

from __future__ import annotations

import math

import pytest

pytestmark = pytest.mark.usefixtures("served")
ROWS = [(1.0, "red", ["a"]), (-2.5, "blue", ["a", "b"]), (0.5, "", [])]


@pytest.fixture(scope="module")
def served(serve, small_models):
    return serve(small_models)


@pytest.fixture(scope="module")
def scores(small_model):
    return [small_model.score(*row) for row in ROWS]


@pytest.fixture(scope="module")
def examples(small_model):
    return [small_model.example(*row) for row in ROWS]


@pytest.fixture(scope="module")
def listed(examples):
    """The rows as the Input of Classify and Regress."""
    import tensorflow as tf
    from tensorflow_serving.apis.input_pb2 import ExampleList, Input

    return Input(example_list=ExampleList(examples=[tf.train.Example.FromString(example) for example in examples]))


def _spec(signature="", name="small"):
    from tensorflow_serving.apis.model_pb2 import ModelSpec

    return ModelSpec(name=name, signature_name=signature)


def test_examples_are_scored_by_the_default_signature(served, examples, scores, small_model):
    response = served.predict({"examples": examples})
    assert list(response.outputs["score"].float_val) == pytest.approx(scores)
    assert list(response.outputs["logit"].float_val) == pytest.approx([small_model.logit(*row) for row in ROWS])
    assert [dim.size for dim in response.outputs["score"].tensor_shape.dim] == [3]
    spec = response.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("small", 1, "serving_default")


def test_named_tensors_and_the_outputs_asked_for(served, small_model):
    inputs = {"x": [1.0, math.nan], "color": ["green", "red"], "tags": [["a", "b"], ["c", ""]]}
    response = served.predict(inputs, "predict_raw", outputs=["logit"])
    assert list(response.outputs) == ["logit"]
    expected = [small_model.logit(1.0, "green", "ab"), small_model.logit(math.nan, "red", "c")]
    assert list(response.outputs["logit"].float_val) == pytest.approx(expected)


def test_a_missing_input_takes_the_default_of_its_signature(served, small_model):
    response = served.predict({"x": [1.0, 2.0], "color": ["red", "blue"]}, "predict_raw")
    expected = [small_model.score(1.0, "red"), small_model.score(2.0, "blue")]
    assert list(response.outputs["score"].float_val) == pytest.approx(expected)
    response = served.predict({"x": [1.0, 2.0]}, "predict_raw")
    assert list(response.outputs["score"].float_val) == pytest.approx([small_model.score(1.0), small_model.score(2.0)])


def test_rank_gives_scores_as_sent_and_the_best_first(served, small_model):
    response = served.predict({"color": ["red"], "x": [[0.0, 3.0, math.nan, 1.0]], "top_k": [2]}, "rank")
    expected = [small_model.score(x, "red") for x in (0.0, 3.0, math.nan, 1.0)]
    assert list(response.outputs["score"].float_val) == pytest.approx(expected)
    assert list(response.outputs["order"].int_val) == [1, 3]
    assert [dim.size for dim in response.outputs["order"].tensor_shape.dim] == [1, 2]


def test_classify(served, listed, scores):
    from tensorflow_serving.apis.classification_pb2 import ClassificationRequest

    response = served.prediction.Classify(ClassificationRequest(model_spec=_spec("classify"), input=listed))
    rows = response.result.classifications
    assert [[pair.label for pair in row.classes] for row in rows] == [["0", "1"]] * 3
    assert [row.classes[1].score for row in rows] == pytest.approx(scores)
    assert [row.classes[0].score for row in rows] == pytest.approx([1 - score for score in scores])
    assert (response.model_spec.version.value, response.model_spec.signature_name) == (1, "classify")


def test_regress(served, listed, scores):
    from tensorflow_serving.apis.regression_pb2 import RegressionRequest

    response = served.prediction.Regress(RegressionRequest(model_spec=_spec("regress"), input=listed))
    assert [regression.value for regression in response.result.regressions] == pytest.approx(scores)
    assert (response.model_spec.version.value, response.model_spec.signature_name) == (1, "regress")


def test_a_context_belongs_to_each_of_its_examples(served, small_model):
    import tensorflow as tf
    from tensorflow_serving.apis.input_pb2 import ExampleListWithContext, Input
    from tensorflow_serving.apis.regression_pb2 import RegressionRequest

    rows = [tf.train.Example.FromString(small_model.example(x)) for x in (1.0, 2.0)]
    context = tf.train.Example.FromString(small_model.example(color="blue"))
    given = Input(example_list_with_context=ExampleListWithContext(examples=rows, context=context))
    response = served.prediction.Regress(RegressionRequest(model_spec=_spec("regress"), input=given))
    expected = [small_model.score(x, "blue") for x in (1.0, 2.0)]
    assert [regression.value for regression in response.result.regressions] == pytest.approx(expected)


def _tasks(*named):
    from tensorflow_serving.apis.inference_pb2 import InferenceTask

    return [
        InferenceTask(model_spec=_spec(signature, model), method_name=f"tensorflow/serving/{method}")
        for signature, method, model in named
    ]


def test_multi_inference_answers_each_task(served, listed, scores):
    from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest

    tasks = _tasks(("regress", "regress", "small"), ("classify", "classify", "small"))
    results = served.prediction.MultiInference(MultiInferenceRequest(tasks=tasks, input=listed)).results
    assert [regression.value for regression in results[0].regression_result.regressions] == pytest.approx(scores)
    rows = results[1].classification_result.classifications
    assert [row.classes[1].score for row in rows] == pytest.approx(scores)
    assert [result.model_spec.signature_name for result in results] == ["regress", "classify"]


def test_metadata_is_the_models_own_signatures(served, small_models):
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
    from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap

    request = GetModelMetadataRequest(model_spec=_spec(), metadata_field=["signature_def"])
    response = served.prediction.GetModelMetadata(request)
    signatures = SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    written = SavedModel.FromString((small_models / "1" / "saved_model.pb").read_bytes()).meta_graphs[0]
    assert dict(signatures.signature_def) == dict(written.signature_def)
    assert (response.model_spec.name, response.model_spec.version.value) == ("small", 1)


def test_status_of_a_version_that_serves(served):
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

    response = served.models.GetModelStatus(GetModelStatusRequest(model_spec=_spec()))
    versions = [
        (version.version, version.state, version.status.error_code) for version in response.model_version_status
    ]
    assert versions == [(1, 30, 0)]  # AVAILABLE, OK


@pytest.mark.parametrize(
    ("inputs", "signature", "more", "code", "text"),
    [
        ({}, "", {"name": "other"}, "NOT_FOUND", "Servable not found for request: Latest(other)"),
        ({}, "", {"name": ""}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        ({}, "", {"version": 7}, "NOT_FOUND", "Servable not found for request: Specific(small, 7)"),
        ({}, "", {"label": "canary"}, "INVALID_ARGUMENT", "Unrecognized servable version label: canary"),
        ({}, "ranked", {}, "FAILED_PRECONDITION", 'Serving signature key "ranked" not found.'),
        (
            {},
            "",
            {},
            "INVALID_ARGUMENT",
            "input size does not match signature: 0!=1 len({}) != len({examples}). Sent extra: {}. Missing but"
            " required: {examples}.",
        ),
        (
            {"examples": [b""], "b": [b""], "a": [b""]},
            "",
            {},
            "INVALID_ARGUMENT",
            "input size does not match signature: 3!=1 len({a,b,examples}) != len({examples}). Sent extra: {a,b}."
            " Missing but required: {}.",
        ),
        (
            {"x": [1.0], "colour": ["red"]},
            "predict_raw",
            {},
            "INVALID_ARGUMENT",
            "Inputs contains invalid name. Used request inputs: x, request input: colour,x",
        ),
        (
            {"examples": [b""]},
            "",
            {"outputs": ["scores"]},
            "INVALID_ARGUMENT",
            "output tensor alias not found in signature: scores Outputs expected to be in the set {logit,score}.",
        ),
        (
            {"examples": [b""]},
            "",
            {"outputs": ["score", "score"]},
            "INVALID_ARGUMENT",
            "duplicate output tensor alias: score",
        ),
    ],
)
def test_predict_refuses_as_tf_serving(served, refused, inputs, signature, more, code, text):
    with refused(code, text):
        served.predict(inputs, signature, **more)


def test_a_required_input_that_is_missing_is_named(served, refused, small_models):
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    written = SavedModel.FromString((small_models / "1" / "saved_model.pb").read_bytes()).meta_graphs[0]
    tensor = written.signature_def["predict_raw"].inputs["x"].name
    text = (
        f"Signature input alias: x(feed name: {tensor}) not found in request and no default value provided. Inputs"
        " expected to be in the request {color}, or default input alias set: color,tags"
    )
    with refused("INVALID_ARGUMENT", text):
        served.predict({"color": ["red"]}, "predict_raw")


def test_what_the_graph_refuses_says_so(served, small_model):
    import grpc
    import numpy as np

    for inputs, said in (
        ({"x": np.array([1, 2])}, "float"),
        ({"x": [1.0, 2.0], "color": ["red"] * 3}, "Incompatible shapes"),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            served.predict(inputs, "predict_raw")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert said in caught.value.details()


def test_examples_that_are_none_are_refused(served):
    import grpc

    with pytest.raises(grpc.RpcError, match="Could not parse example input") as caught:
        served.predict({"examples": [b"\xff\xff"]})
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    # TensorFlow Serving quotes the bytes themselves.
    assert "\ufffd\ufffd" in caught.value.details()


def test_classify_and_regress_refuse_as_tf_serving(served, refused, listed):
    from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
    from tensorflow_serving.apis.input_pb2 import Input
    from tensorflow_serving.apis.regression_pb2 import RegressionRequest

    ask = served.prediction
    with refused("INVALID_ARGUMENT", "Missing ModelSpec"):
        ask.Classify(ClassificationRequest(input=listed))
    with refused("INVALID_ARGUMENT", "No signature was found with the name: classes"):
        ask.Classify(ClassificationRequest(model_spec=_spec("classes"), input=listed))
    with refused("INVALID_ARGUMENT", "Input is empty."):
        ask.Classify(ClassificationRequest(model_spec=_spec("classify"), input=Input()))
    with refused("INVALID_ARGUMENT", "Expected one output Tensor."):
        ask.Regress(RegressionRequest(model_spec=_spec(), input=listed))
    with refused("INVALID_ARGUMENT", "Expected one input Tensor."):
        ask.Classify(ClassificationRequest(model_spec=_spec("rank"), input=listed))


def test_multi_inference_refuses_as_tf_serving(served, refused, listed):
    from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest

    def ask(*named):
        served.prediction.MultiInference(MultiInferenceRequest(tasks=_tasks(*named), input=listed))

    regress = ("regress", "regress", "small")
    with refused("INVALID_ARGUMENT", "ModelSpec has no name specified."):
        ask()
    with refused("INVALID_ARGUMENT", "Duplicate evaluation of signature: regress"):
        ask(regress, regress)
    text = "All ModelSpecs in a MultiInferenceRequest must access the same model name."
    with refused("INVALID_ARGUMENT", text):
        ask(regress, ("classify", "classify", "other"))
    with refused("INVALID_ARGUMENT", "Found ModelSpec with an empty model name."):
        ask(regress, ("classify", "classify", ""))
    with refused("INVALID_ARGUMENT", "Requested signature not found in model graph: none"):
        ask(("none", "regress", "small"))
    with refused("UNIMPLEMENTED", "Unsupported signature method_name: tensorflow/serving/predict"):
        ask(("regress", "predict", "small"))


def test_metadata_and_status_refuse_as_tf_serving(served, refused):
    from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

    with refused("INVALID_ARGUMENT", "GetModelMetadataRequest must specify at least one metadata_field"):
        served.prediction.GetModelMetadata(GetModelMetadataRequest(model_spec=_spec()))
    with refused("INVALID_ARGUMENT", "Metadata field weights is not supported"):
        served.prediction.GetModelMetadata(GetModelMetadataRequest(model_spec=_spec(), metadata_field=["weights"]))
    with refused("NOT_FOUND", "Could not find any versions of model other"):
        served.models.GetModelStatus(GetModelStatusRequest(model_spec=_spec(name="other")))
    spec = _spec()
    spec.version.value = 9
    with refused("NOT_FOUND", "Could not find version 9 of model small"):
        served.models.GetModelStatus(GetModelStatusRequest(model_spec=spec))


def test_a_long_message_is_cut_as_tf_serving_cuts(served):
    import grpc

    with pytest.raises(grpc.RpcError) as caught:
        served.predict({}, name="ä" * 2000)
    text = "Servable not found for request: Latest(" + "ä" * 2000
    assert caught.value.details() == text.encode()[:1024].decode(errors="ignore") + "...TRUNCATED"


def test_the_signature_by_name_for_the_json_codec(served):
    from widedeep.serving.standin.errors import ServingError

    assert set(served.core.signature(_spec(), "").inputs) == {"examples"}
    assert set(served.core.signature(_spec(), "rank").outputs) == {"score", "order"}
    with pytest.raises(ServingError, match='Serving signature name: "x" not found in signature def'):
        served.core.signature(_spec(), "x")
