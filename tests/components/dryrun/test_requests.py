"""What a dry run asks, of rows in which anything may be missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from widedeep.components.dryrun import requests
from widedeep.components.dryrun.warmup import WARMUP, write_warmup
from widedeep.components.features.spec import FeatureSpec


def _feature(key: str, kind: str, side: str, **more: Any) -> dict[str, Any]:
    transform: dict[str, Any] = {"z_score": {}} if kind == "numeric" else {"vocabulary": {}}
    roles: dict[str, Any] = {"deep": {}} if kind == "numeric" else {"wide": True}
    return {"key": key, "kind": kind, "side": side, "transform": transform, **roles, **more}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            _feature("user", "categorical", "context"),
            _feature("seen", "set", "context"),
            _feature("item", "categorical", "candidate", required=True),
            _feature("price", "numeric", "candidate"),
        ],
    }
)
ALL = ["classify", "predict_raw", "rank", "regress", "serving_default", "__saved_model_init_op"]


def row(label: int, **values: list[Any]) -> bytes:
    built = tf.train.Example()
    built.features.feature["y"].int64_list.value.append(label)
    for key, given in values.items():
        if key == "price":
            built.features.feature[key].float_list.value.extend(given)
        else:
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in given)
    return built.SerializeToString()


ROWS = [
    row(0, user=["u"], seen=["a", "b"], item=["x"], price=[1.5]),
    row(1, user=["v"], item=["y"]),
]


def values(example: bytes) -> dict[str, list[Any]]:
    row = {}
    for key, feature in tf.train.Example.FromString(example).features.feature.items():
        [(_, listed)] = feature.ListFields()
        row[key] = list(listed.value)
    return row


def tensors(request: Any) -> dict[str, list[Any]]:
    return {key: tf.make_ndarray(tensor).tolist() for key, tensor in request.inputs.items()}


def by_signature(rows: list[bytes]) -> dict[str, list[requests.ServingRequest]]:
    asked: dict[str, list[requests.ServingRequest]] = {}
    for request in requests.make_requests(SPEC, ALL, rows):
        assert request.message.model_spec.signature_name == request.signature
        asked.setdefault(request.signature, []).append(request)
    return asked


def test_each_signature_is_asked_for_all_rows_and_for_one_without_optional_features() -> None:
    asked = by_signature(ROWS)
    assert sorted(asked) == sorted(set(ALL) - {"__saved_model_init_op"})
    for first, bare in asked.values():
        assert len(first.rows) == 2
        assert [values(row) for row in bare.rows] == [{"y": [0], "item": [b"x"]}]
    [first, bare] = asked["serving_default"]
    assert tensors(first.message) == {"examples": ROWS}
    assert tensors(bare.message) == {"examples": bare.rows}
    for name in ("classify", "regress"):
        given = asked[name][0].message.input.example_list.examples
        assert list(given) == [tf.train.Example.FromString(row) for row in ROWS]


def test_named_tensors_hold_what_is_missing_as_nothing() -> None:
    first, bare = by_signature(ROWS)["predict_raw"]
    price = tensors(first.message).pop("price")
    assert price[0] == 1.5
    assert np.isnan(price[1])
    assert {key: value for key, value in tensors(first.message).items() if key != "price"} == {
        "user": [b"u", b"v"],
        "seen": [[b"a", b"b"], [b"", b""]],
        "item": [b"x", b"y"],
    }
    assert tensors(bare.message) == {"item": [b"x"]}


def test_a_ranking_request_joins_the_first_rows_user_with_every_candidate() -> None:
    first, bare = by_signature(ROWS)["rank"]
    given = tensors(first.message)
    assert given["user"] == [b"u"]
    assert given["seen"] == [[b"a", b"b"]]
    assert given["item"] == [[b"x", b"y"]]
    assert [values(row) for row in first.rows] == [
        {"y": [0], "user": [b"u"], "seen": [b"a", b"b"], "item": [b"x"], "price": [1.5]},
        {"y": [1], "user": [b"u"], "seen": [b"a", b"b"], "item": [b"y"]},
    ]
    assert tensors(bare.message) == {"item": [[b"x"]]}


def test_a_model_is_asked_by_its_own_signatures_only() -> None:
    assert {request.signature for request in requests.make_requests(SPEC, ["serving_default"], ROWS)} == {
        "serving_default"
    }


def test_many_rows_go_in_several_requests() -> None:
    asked = by_signature(ROWS * 60)["serving_default"]
    assert [len(request.rows) for request in asked] == [50, 50, 20, 1]


def test_warm_up_requests_fit_under_any_name(tmp_path: Any) -> None:
    given = [request.message for request in requests.make_requests(SPEC, ALL, ROWS)]
    write_warmup(str(tmp_path), given)
    records = tf.data.TFRecordDataset(str(tmp_path / WARMUP)).as_numpy_iterator()
    logs = [PredictionLog.FromString(record) for record in records]
    kinds = [log.WhichOneof("log_type") for log in logs]
    assert sorted(kinds) == ["classify_log"] * 2 + ["predict_log"] * 6 + ["regress_log"] * 2
    for log, kind, request in zip(logs, kinds, given, strict=True):
        logged = getattr(log, kind).request
        assert logged.model_spec.name == ""
        logged.model_spec.name = request.model_spec.name
        assert logged == request
