"""GetModelMetadata and GetModelStatus: what is served, and what became of each version."""

from __future__ import annotations

import grpc
from tensorflow_serving.apis.get_model_metadata_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    SignatureDefMap,
)
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models.registry import Registry


def metadata(registry: Registry, request: GetModelMetadataRequest) -> GetModelMetadataResponse:
    """The signatures of a version."""
    if not request.metadata_field:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != "signature_def":
            raise invalid(f"Metadata field {field} is not supported")
    response = GetModelMetadataResponse()
    with registry.lease(request.model_spec) as servable:
        response.model_spec.name = servable.name
        response.model_spec.version.value = servable.version
        signatures = SignatureDefMap(signature_def=servable.signatures)
    response.metadata["signature_def"].Pack(signatures)
    return response


def status(registry: Registry, request: GetModelStatusRequest) -> GetModelStatusResponse:
    """The states of all versions of a model, or of one."""
    name = request.model_spec.name
    states = registry.states(name)
    if request.model_spec.HasField("version"):
        number = request.model_spec.version.value
        if number not in states:
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Could not find version {number} of model {name}")
        states = {number: states[number]}
    if not states:
        raise ServingError(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {name}")
    response = GetModelStatusResponse()
    for number, state in states.items():
        version = response.model_version_status.add(version=number, state=state.state)
        # TF Serving always sends it: over REST it would not be there otherwise.
        version.status.SetInParent()
        if state.error:
            version.status.error_code = state.error.code.value[0]
            version.status.error_message = state.error.message
    return response
