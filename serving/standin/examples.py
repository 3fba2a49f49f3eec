"""Classify, Regress and MultiInference: tf.Examples in, labels or numbers out. Checks and texts are TF Serving's."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
import numpy as np
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResponse
from tensorflow_serving.apis.inference_pb2 import InferenceTask, MultiInferenceRequest, MultiInferenceResponse
from tensorflow_serving.apis.input_pb2 import Input
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResponse

from widedeep.serving.standin import results
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.predict import Run, fill_spec
from widedeep.serving.tensors import Array

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"
_CHECKS = {CLASSIFY: results.check_classification, REGRESS: results.check_regression}


def classify(servable: Servable, request: ClassificationRequest, run: Run) -> ClassificationResponse:
    """Labels with scores of each example."""
    signature = _signature(servable, request.model_spec)
    response = ClassificationResponse()
    fetches = results.check_classification(signature)
    outputs, count = _run({signature.inputs["inputs"].name}, fetches, request.input, run)
    results.fill_classification(signature, outputs, count, response.result)
    fill_spec(response.model_spec, request.model_spec, servable)
    return response


def regress(servable: Servable, request: RegressionRequest, run: Run) -> RegressionResponse:
    """A number for each example."""
    signature = _signature(servable, request.model_spec)
    response = RegressionResponse()
    fetches = results.check_regression(signature)
    outputs, count = _run({signature.inputs["inputs"].name}, fetches, request.input, run)
    results.fill_regression(signature, outputs, count, response.result)
    fill_spec(response.model_spec, request.model_spec, servable)
    return response


def multi_inference(servable: Servable, request: MultiInferenceRequest, run: Run) -> MultiInferenceResponse:
    """Several classifications and regressions of the same examples, in one run."""
    signatures = _of_tasks(servable, request)
    feeds, fetches = set(), []
    for task, signature in zip(request.tasks, signatures, strict=True):
        fetches += _CHECKS[task.method_name](signature)
        feeds.add(signature.inputs["inputs"].name)
    outputs, count = _run(feeds, fetches, request.input, run)
    response = MultiInferenceResponse()
    for task, signature in zip(request.tasks, signatures, strict=True):
        result = response.results.add()
        if task.method_name == CLASSIFY:
            results.fill_classification(signature, outputs, count, result.classification_result)
        else:
            results.fill_regression(signature, outputs, count, result.regression_result)
        fill_spec(result.model_spec, task.model_spec, servable)
    return response


def _of_tasks(servable: Servable, request: MultiInferenceRequest) -> list[SignatureDef]:
    signatures: dict[str, SignatureDef] = {}
    for task in request.tasks:
        name = _checked_name(servable, task, request.tasks[0])
        if name in signatures:
            raise invalid(f"Duplicate evaluation of signature: {name}")
        signature = servable.signatures.get(name)
        if signature is None:
            raise invalid(f"Requested signature not found in model graph: {name}")
        if task.method_name not in _CHECKS:
            text = f"Unsupported signature method_name: {task.method_name}"
            raise ServingError(grpc.StatusCode.UNIMPLEMENTED, text)
        signatures[name] = signature
    return list(signatures.values())


def _checked_name(servable: Servable, task: InferenceTask, first: InferenceTask) -> str:
    if not task.model_spec.name:
        raise invalid("Found ModelSpec with an empty model name.")
    if task.model_spec.name != first.model_spec.name:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    return servable.signature(task.model_spec.signature_name)[0]


def _signature(servable: Servable, spec: ModelSpec) -> SignatureDef:
    name, signature = servable.signature(spec.signature_name)
    if signature is None:
        raise invalid(f"No signature was found with the name: {name}")
    return signature


def _run(feeds: set[str], fetches: list[str], given: Input, run: Run) -> tuple[Mapping[str, Array], int]:
    examples = _serialized(given)
    if not examples:
        raise invalid("Input is empty.")
    rows = np.array(examples, object)
    return run(dict.fromkeys(feeds, rows), fetches), len(examples)


def _serialized(given: Input) -> list[bytes]:
    if given.WhichOneof("kind") == "example_list_with_context":
        listed = given.example_list_with_context
        # Messages one after the other are one message with the fields of all.
        context = listed.context.SerializeToString()
        return [context + example.SerializeToString() for example in listed.examples]
    return [example.SerializeToString() for example in given.example_list.examples]
