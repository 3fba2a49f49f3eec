"""A model's metadata as TF Serving's REST interface tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from widedeep.serving import tensors
from widedeep.serving.client.signature import METADATA_FIELD, Metadata, Shape, Signature

_TYPES = {"DT_STRING": tensors.STRING, "DT_FLOAT": tensors.FLOAT, "DT_DOUBLE": tensors.DOUBLE}


class _TensorShape(TypedDict):
    unknown_rank: NotRequired[bool]
    dim: NotRequired[list[object]]


class _TensorInfo(TypedDict):
    dtype: str
    tensor_shape: _TensorShape


class _SignatureDef(TypedDict):
    inputs: Mapping[str, _TensorInfo]
    defaults: NotRequired[Mapping[str, object]]


def metadata(document: Mapping[str, Any]) -> Metadata:
    """What a server's answer says of the model.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: the answer is none of TF Serving's.
    """
    version = document["model_spec"].get("version")
    signatures = document["metadata"][METADATA_FIELD]["signature_def"]
    return Metadata(
        {name: _signature(signature) for name, signature in signatures.items()},
        None if version is None else int(version),
    )


def _signature(document: _SignatureDef) -> Signature:
    return Signature(
        {
            name: Shape(_TYPES.get(info["dtype"], 0), _rank(info["tensor_shape"]))
            for name, info in document["inputs"].items()
        },
        frozenset(document.get("defaults", {})),
    )


def _rank(shape: _TensorShape) -> int | None:
    return None if shape.get("unknown_rank") else len(shape.get("dim", []))
