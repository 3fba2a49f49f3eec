"""Asks a candidate's server, and judges the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_service_pb2_grpc
from tensorflow_serving.apis.classification_pb2 import ClassificationResponse
from tensorflow_serving.apis.regression_pb2 import RegressionResponse

from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.requests import Asked
from widedeep.components.dryrun.servers import Running
from widedeep.components.trainer.export.signatures import CLASSIFY, RANK, REGRESS

# Served scores may differ from batch predictions by this much.
TOLERANCE = 1e-5
_TIMED = 100
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes:
        name: what.
        value: what came out.
        limit: what was allowed at most.
        ok: whether it holds.
        said: in words, where it does not.
    """

    name: str
    value: float | None
    limit: float | None
    ok: bool
    said: str = ""


def trial(running: Running, asked: Sequence[Asked], batch: np.ndarray, options: DryRunOptions) -> list[Check]:
    """Waits for the model, sends every request, times the largest again and again, and compares every score.

    Args:
        running: the server.
        asked: the requests.
        batch: batch predictions of all their rows, one request after another.
        options: the limits.

    Raises:
        DryRunError: the model could not be loaded, or not in time.
    """
    seconds = running.load_seconds()
    stub = prediction_service_pb2_grpc.PredictionServiceStub(running.channel)
    checks = [_limited("seconds until loaded", seconds, options.load_seconds)]
    failures, furthest, where, first = [], 0.0, "", 0
    for one in asked:
        expected = batch[first : first + len(one.rows)]
        first += len(one.rows)
        try:
            scores = _scores(stub, one)
        except grpc.RpcError as error:
            failures.append(f"{one.signature}: {error.code().name}: {error.details()}")
            continue
        apart = float(np.max(np.abs(scores - expected))) if scores.shape == expected.shape else float("nan")
        # Not a comparison that a NaN would slip through.
        if not apart <= furthest:
            furthest, where = apart, one.signature
    said = f"{len(failures)} of {len(asked)} requests failed, the first with {failures[0]}" if failures else ""
    checks.append(Check("requests that failed", len(failures), 0, not failures, said))
    skew = f"{where} differs from the batch prediction by {furthest:.2g}, at most {TOLERANCE:g} is allowed"
    same = furthest <= TOLERANCE
    checks.append(Check("largest difference from batch predictions", furthest, TOLERANCE, same, "" if same else skew))
    if not failures:
        checks.append(_limited("p99 milliseconds", _p99(stub, asked), options.p99_ms))
    memory = running.memory_mib()
    if memory is not None:
        checks.append(_limited("MiB of memory at most", memory, options.memory_mib))
    return checks


def _limited(name: str, value: float, limit: float) -> Check:
    ok = value <= limit
    return Check(name, value, limit, ok, "" if ok else f"{name}: {value:.1f}, at most {limit:g} is allowed")


def _scores(stub: prediction_service_pb2_grpc.PredictionServiceStub, one: Asked) -> np.ndarray:
    answer = _method(stub, one.signature)(one.request, timeout=_TIMEOUT)
    if one.signature == CLASSIFY:
        return _classified(answer)
    if one.signature == REGRESS:
        return _regressed(answer)
    scores = np.asarray(tf.make_ndarray(answer.outputs["score"]))
    return scores[0] if one.signature == RANK else scores


def _method(stub: prediction_service_pb2_grpc.PredictionServiceStub, signature: str) -> Callable[..., Any]:
    by_signature: dict[str, Callable[..., Any]] = {CLASSIFY: stub.Classify, REGRESS: stub.Regress}
    return by_signature[signature] if signature in by_signature else cast("Callable[..., Any]", stub.Predict)


def _classified(answer: ClassificationResponse) -> np.ndarray:
    """The chances of label 1, or, of more than two classes, of each."""
    scores = np.array([[one.score for one in row.classes] for row in answer.result.classifications], np.float32)
    return scores[:, 1] if scores.shape[1] == 2 else scores


def _regressed(answer: RegressionResponse) -> np.ndarray:
    return np.array([one.value for one in answer.result.regressions], np.float32)


def _p99(stub: prediction_service_pb2_grpc.PredictionServiceStub, asked: Sequence[Asked]) -> float:
    """Milliseconds of the requests that a client would send: rank where there is one."""
    ranked = [one for one in asked if one.signature == RANK] or list(asked)
    largest = max(ranked, key=lambda one: len(one.rows))
    taken = []
    for _ in range(_TIMED):
        started = time.perf_counter()
        _scores(stub, largest)
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(taken, 99))
