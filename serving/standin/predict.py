"""Predict: a signature's inputs and outputs by their aliases. Checks and texts are TF Serving's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import grpc
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from widedeep.serving.standin import tensor_protos
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.tensors import Array

# Tensors by name in, tensors by name out: a session itself, or what puts several requests together before one.
Run = Callable[[Mapping[str, Array], Sequence[str]], Mapping[str, Array]]


def predict(servable: Servable, request: PredictRequest, run: Run) -> PredictResponse:
    """Runs a signature on the named tensors; what is missing takes the signature's default."""
    name, signature = servable.signature(request.model_spec.signature_name)
    if signature is None:
        raise missing_signature(name)
    feeds = _feeds(servable, name, signature, request)
    aliases = _outputs(signature, request.output_filter)
    outputs = run(feeds, [signature.outputs[alias].name for alias in aliases])
    response = PredictResponse()
    fill_spec(response.model_spec, request.model_spec, servable)
    for alias in aliases:
        tensor_protos.encode(outputs[signature.outputs[alias].name], response.outputs[alias])
    return response


def missing_signature(name: str) -> ServingError:
    """What Predict says of a signature that the model does not have."""
    return ServingError(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')


def fill_spec(filled: ModelSpec, asked: ModelSpec, servable: Servable) -> None:
    """Which model answered: the name asked for, and the version and signature found."""
    filled.name = asked.name
    filled.signature_name = servable.signature(asked.signature_name)[0]
    filled.version.value = servable.version


def _feeds(servable: Servable, name: str, signature: SignatureDef, request: PredictRequest) -> dict[str, Array]:
    _check_aliases(signature, request)
    defaults = servable.defaults[name]
    feeds = {}
    for alias, info in signature.inputs.items():
        if alias in request.inputs:
            feeds[info.name] = tensor_protos.decode(request.inputs[alias], alias)
        elif alias in defaults:
            feeds[info.name] = defaults[alias]
        else:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in request and no default value"
                f" provided. Inputs expected to be in the request {{{_list(request.inputs)}}}, or default input alias"
                f" set: {_list(defaults)}"
            )
    unknown = set(request.inputs) - set(signature.inputs)
    if unknown:
        used = set(request.inputs) - unknown
        raise invalid(
            f"Inputs contains invalid name. Used request inputs: {_list(used)}, request input: {_list(request.inputs)}"
        )
    return feeds


def _check_aliases(signature: SignatureDef, request: PredictRequest) -> None:
    sent, known = set(request.inputs), set(signature.inputs)
    if len(sent) > len(known) or (len(sent) < len(known) and not signature.defaults):
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(known)} len({{{_list(sent)}}}) !="
            f" len({{{_list(known)}}}). Sent extra: {{{_list(sent - known)}}}. Missing but required:"
            f" {{{_list(known - sent)}}}."
        )


def _outputs(signature: SignatureDef, wanted: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    for alias in wanted:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in the set"
                f" {{{_list(signature.outputs)}}}."
            )
        if alias in seen:
            raise invalid(f"duplicate output tensor alias: {alias}")
        seen.add(alias)
    return list(wanted) or sorted(signature.outputs)


def _list(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
