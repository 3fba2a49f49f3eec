"""The paths of the REST interface."""

from __future__ import annotations

import pytest
from tensorflow_serving.apis.model_pb2 import ModelSpec

from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest import paths


def spec(name: str, version: int | None = None, label: str | None = None) -> ModelSpec:
    made = ModelSpec(name=name)
    if version is not None:
        made.version.value = version
    if label is not None:
        made.version_label = label
    return made


@pytest.mark.parametrize(
    ("method", "path", "verb", "expected"),
    [
        ("GET", "/v1/models/m", "status", spec("m")),
        ("GET", "/v1/models/m/metadata", "metadata", spec("m")),
        ("GET", "/v1/models/m/versions/0", "status", spec("m", 0)),
        ("GET", "/v1/models/m/versions/12/metadata", "metadata", spec("m", 12)),
        ("GET", "/v1/models/m/labels/stable/metadata", "metadata", spec("m", label="stable")),
        ("GET", "/V1/Models/M/METADATA", "status", spec("M")),
        ("POST", "/v1/models/m:predict", "predict", spec("m")),
        ("POST", "/v1/models/m/versions/9223372036854775807:classify", "classify", spec("m", 2**63 - 1)),
        ("POST", "/v1/models/a%20b/labels/c%2Fd:regress", "regress", spec("a b", label="c/d")),
        ("POST", "/v1/models/a+b:predict", "predict", spec("a+b")),
    ],
)
def test_a_path_names_model_and_verb(method: str, path: str, verb: str, expected: ModelSpec) -> None:
    target = paths.parse(method, path)
    assert (target.verb, target.spec) == (verb, expected)


@pytest.mark.parametrize(
    ("method", "path", "code", "message"),
    [
        *(
            (method, path, "INVALID_ARGUMENT", f"Malformed request: {method} {path}")
            for method, path in [
                ("GET", "/v1/models/m:predict"),
                ("GET", "/v1/models/m/metadata?x=1"),
                ("GET", "/v1/models/m/versions/x"),
                ("GET", "/v1/models/m/versions/1/labels/a"),
                ("POST", "/v1/models/m"),
                ("POST", "/v1/models/m:PREDICT"),
                ("POST", "/v1/models/:predict"),
                ("POST", "/v1/models/m/versions/\N{ARABIC-INDIC DIGIT ONE}:predict"),
                ("PUT", "/v1/models/m"),
                ("DELETE", "/v1/"),
            ]
        ),
        ("GET", "/v1/models", "INVALID_ARGUMENT", "Missing model name in request."),
        (
            "GET",
            "/v1/models/m/versions/9223372036854775808",
            "INVALID_ARGUMENT",
            "Failed to convert version: 9223372036854775808 to numeric.",
        ),
    ],
)
def test_a_path_that_is_none(method: str, path: str, code: str, message: str) -> None:
    with pytest.raises(ServingError) as caught:
        paths.parse(method, path)
    assert (caught.value.code.name, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("path", "known"),
    [("/", False), ("/v1", False), ("/v2/models/m:predict", False), ("/v1/", True), ("/V1/models/m", True)],
)
def test_paths_that_are_left_to_the_http_server(path: str, known: bool) -> None:
    assert paths.is_known(path) == known
