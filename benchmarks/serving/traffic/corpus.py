"""Good requests of every kind, which malformed_grpc.py and malformed_rest.py then change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

from benchmarks.serving.servers.models import FEATURES
from benchmarks.serving.servers.processes import NAME
from benchmarks.serving.traffic import predict_requests
from benchmarks.serving.traffic.malformed_rest import Documents
from benchmarks.serving.traffic.rank_requests import joined, read, requests
from benchmarks.serving.traffic.status_oracle import RELOAD
from widedeep.components import features
from widedeep.components.trainer.export.signatures import CLASSIFY, RANK, RAW, REGRESS

METHODS: dict[str, Any] = {
    "PredictionService/Predict": predict_pb2.PredictRequest,
    "PredictionService/Classify": classification_pb2.ClassificationRequest,
    "PredictionService/Regress": regression_pb2.RegressionRequest,
    "PredictionService/MultiInference": inference_pb2.MultiInferenceRequest,
    "PredictionService/GetModelMetadata": get_model_metadata_pb2.GetModelMetadataRequest,
    "ModelService/GetModelStatus": get_model_status_pb2.GetModelStatusRequest,
    RELOAD: model_management_pb2.ReloadConfigRequest,
}
_CANDIDATES = 5


def corpus(data: Path, base: Path) -> dict[str, Sequence[Any]]:
    """Good requests by method, small ones, so that a change is seldom only one of a value.

    Args:
        data: folder of MovieLens.
        base: folder of the model's versions.
    """
    spec = features.load(FEATURES)
    [first, *_] = requests(read(data), spec, _CANDIDATES)
    made = list(predict_requests.predict(spec, first, NAME).values())
    pinned = predict_pb2.PredictRequest.FromString(made[0].SerializeToString())
    pinned.model_spec.version.value = 1
    examples = [predict_requests.example(spec, row) for row in joined(first)]
    tasks = inference_pb2.MultiInferenceRequest()
    for signature, method in ((CLASSIFY, "classify"), (REGRESS, "regress")):
        task = tasks.tasks.add(method_name=f"tensorflow/serving/{method}")
        _named(task.model_spec, signature)
    tasks.input.example_list.examples.extend(examples)
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    _named(metadata.model_spec)
    status = get_model_status_pb2.GetModelStatusRequest()
    _named(status.model_spec)
    by_name = {
        "Predict": [*made, pinned],
        "Classify": [_of_examples(classification_pb2.ClassificationRequest(), CLASSIFY, examples)],
        "Regress": [_of_examples(regression_pb2.RegressionRequest(), REGRESS, examples)],
        "MultiInference": [tasks],
        "GetModelMetadata": [metadata],
        "GetModelStatus": [status],
        "HandleReloadConfigRequest": [_reload(base)],
    }
    return {name: by_name[name.rpartition("/")[2]] for name in METHODS}


def documents(data: Path) -> Documents:
    """Good REST bodies by verb."""
    spec = features.load(FEATURES)
    [first, *_] = requests(read(data), spec, _CANDIDATES)
    rows = [{key: value for key, value in row.items() if value is not None} for row in joined(first)]
    longest = {
        feature.key: max(len(row[feature.key]) for row in rows) for feature in spec.features if feature.kind == "set"
    }
    padded = [row | {key: row[key] + [""] * (size - len(row[key])) for key, size in longest.items()} for row in rows]
    sided: dict[str, Any] = {"top_k": [0]}
    for feature in spec.features:
        values = [row[feature.key] for row in padded]
        sided[feature.key] = values[:1] if feature.side == "context" else [values]
    columns = {feature.key: [row[feature.key] for row in padded] for feature in spec.features}
    return {
        "predict": [
            {"signature_name": RANK, "inputs": sided},
            {"signature_name": RAW, "inputs": columns},
            {"signature_name": RAW, "instances": padded},
        ],
        "classify": [{"signature_name": CLASSIFY, "examples": rows}],
        "regress": [{"signature_name": REGRESS, "examples": rows, "context": {"unused": 1}}],
    }


def _reload(base: Path) -> model_management_pb2.ReloadConfigRequest:
    """Says that the model is served from where it is served."""
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name=NAME, base_path=str(base), model_platform="tensorflow")
    return request


def _named(spec: Any, signature: str = "") -> None:
    spec.name, spec.signature_name = NAME, signature


def _of_examples(request: Any, signature: str, examples: Sequence[Any]) -> Any:
    _named(request.model_spec, signature)
    request.input.example_list.examples.extend(examples)
    return request
