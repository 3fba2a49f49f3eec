"""What a model wants to know: the inputs of its signature `rank`, from the metadata that the server gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from widedeep.serving import tensors
from widedeep.serving.client.errors import ModelError

RANK = "rank"
# Its inputs have the features' names and no dimension of candidates, and so tell a set, [n, members], from the rest.
_RAW = "predict_raw"
_TOP_K = "top_k"
METADATA_FIELD = "signature_def"

Side = Literal["user", "candidate"]
Kind = Literal["text", "number", "set"]


class Shape(NamedTuple):
    """An input in the metadata: DataType and number of dimensions, None where it has no fixed one."""

    dtype: int
    rank: int | None


class Signature(NamedTuple):
    """A signature in the metadata: its inputs, and which of them may be left out."""

    inputs: Mapping[str, Shape]
    defaults: frozenset[str]


class Metadata(NamedTuple):
    """A model's signatures, and its version."""

    signatures: Mapping[str, Signature]
    version: int | None


@dataclass(frozen=True)
class Feature:
    """One feature: of the user, sent once, or of each candidate.

    Attributes:
        name: its key.
        side: whose it is.
        kind: text, a number, or a set of texts.
        required: whether it must have a value.
        bits: of a number.
    """

    name: str
    side: Side
    kind: Kind
    required: bool
    bits: int = 32


Features = Mapping[str, Feature]


def features(metadata: Metadata, where: str) -> Features:
    """The features that the model ranks by, by name.

    Args:
        metadata: the model's.
        where: the model and the server, for errors.

    Raises:
        ModelError: the model has no signature `rank`, or one of another make.
    """
    for name in (RANK, _RAW):
        if name not in metadata.signatures:
            raise ModelError(
                f"{where}: has no signature '{name}', but {', '.join(sorted(metadata.signatures)) or 'none'}. "
                "Is it a model of this pipeline, and not one of classes?"
            )
    rank, raw = metadata.signatures[RANK], metadata.signatures[_RAW]
    known = {
        name: _feature(name, shape, raw.inputs.get(name), rank.defaults, where)
        for name, shape in sorted(rank.inputs.items())
        if name != _TOP_K
    }
    if not any(feature.side == "candidate" for feature in known.values()):
        raise ModelError(
            f"{where}: its signature '{RANK}' has no feature of candidates, so that all are the same to it."
        )
    return known


def _feature(name: str, shape: Shape, raw: Shape | None, defaults: frozenset[str], where: str) -> Feature:
    is_set = raw is not None and raw.rank == 2
    # [requests], and one more for the candidates and for a set's members.
    dimensions = 0 if shape.rank is None else shape.rank - is_set
    kinds: dict[int, Kind] = {tensors.STRING: "set" if is_set else "text", tensors.FLOAT: "number"}
    kinds[tensors.DOUBLE] = "number"
    sides: dict[int, Side] = {1: "user", 2: "candidate"}
    if raw is None or shape.dtype not in kinds or dimensions not in sides:
        raise ModelError(
            f"{where}: the input '{name}' of its signature '{RANK}', of type {shape.dtype} with {shape.rank} "
            "dimensions, is none that this client can fill. Is it a model of this pipeline?"
        )
    # A server that tells of no default at all does not know them, and none are required.
    required = bool(defaults) and name not in defaults
    return Feature(name, sides[dimensions], kinds[shape.dtype], required, 64 if shape.dtype == tensors.DOUBLE else 32)
