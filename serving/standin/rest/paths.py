"""The paths of TF Serving's REST interface, as http_rest_api_util.cc takes them apart."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast
from urllib.parse import unquote

from tensorflow_serving.apis.model_pb2 import ModelSpec

from widedeep.serving.standin.errors import invalid

Verb = Literal["classify", "metadata", "predict", "regress", "status"]

_VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_ROOT = re.compile("/v1/", re.IGNORECASE)
_POST = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<verb>classify|regress|predict)", re.IGNORECASE)
_GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?:/(?P<verb>metadata))?", re.IGNORECASE)
_LARGEST_VERSION = 2**63 - 1


class Target(NamedTuple):
    """What a path asks for: of which model what."""

    verb: Verb
    spec: ModelSpec


def is_known(path: str) -> bool:
    """Whether TF Serving itself answers for a path, and not the HTTP server that it has."""
    return bool(_ROOT.match(path))


def parse(method: str, path: str) -> Target:
    """Takes apart a known path with its query, both as they stand in the request.

    Raises:
        ServingError: INVALID_ARGUMENT, where it goes on as no path does.
    """
    pattern = {"POST": _POST, "GET": _GET}.get(method)
    parts = pattern.fullmatch(path) if pattern else None
    if not parts:
        raise invalid(f"Malformed request: {method} {path}")
    # Paths are matched whatever their case, but verbs are not.
    verb = parts["verb"] or "status"
    if method == "POST" and verb != verb.lower():
        raise invalid(f"Malformed request: {method} {path}")
    if method == "GET" and verb != "metadata":
        verb = "status"
    if not parts["name"]:
        raise invalid("Missing model name in request.")
    spec = ModelSpec(name=unquote(parts["name"]))
    if parts["version"]:
        version = int(parts["version"])
        if version > _LARGEST_VERSION:
            raise invalid(f"Failed to convert version: {parts['version']} to numeric.")
        spec.version.value = version
    if parts["label"]:
        spec.version_label = unquote(parts["label"])
    return Target(cast("Verb", verb), spec)
