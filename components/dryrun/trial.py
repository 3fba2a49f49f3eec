"""Asks a candidate's server, and judges the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_service_pb2_grpc
from tensorflow_serving.apis.classification_pb2 import ClassificationResponse
from tensorflow_serving.apis.regression_pb2 import RegressionResponse

from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.dry_run_record import Check
from widedeep.components.dryrun.requests import ServingRequest
from widedeep.components.dryrun.servers.processor_waits import longest_wait, waits
from widedeep.components.dryrun.servers.server import Server
from widedeep.components.trainer.export.signatures import CLASSIFY, RANK, REGRESS

# Served scores may differ from batch predictions by this much.
TOLERANCE = 1e-5
_TIMED = 100
# What others do on the machine can only add to a time, so that the best of some rounds says most of the server.
_ROUNDS = 3
# Answers of a server that is not up to it, whatever the request.
_OVERLOADED = (
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
)
_TIMEOUT = 30.0


def trial(server: Server, requests: Sequence[ServingRequest], batch: np.ndarray, options: DryRunOptions) -> list[Check]:
    """Waits for the model, sends every request, times the largest again and again, and compares every score.

    Args:
        server: a started one.
        requests: what to ask.
        batch: batch predictions of all their rows, one request after another.
        options: the limits.

    Raises:
        DryRunError: the model could not be loaded, or not in time, or the server died.
    """
    seconds = server.load_seconds()
    stub = prediction_service_pb2_grpc.PredictionServiceStub(server.channel)
    checks = [_limited("seconds until loaded", seconds, "load_seconds", options)]
    failures, overloads, furthest, where, first = [], 0, 0.0, "", 0
    for request in requests:
        expected = batch[first : first + len(request.rows)]
        first += len(request.rows)
        try:
            scores = _scores(stub, request)
        except grpc.RpcError as error:
            failures.append(f"{request.signature}: {error.code().name}: {error.details()}")
            overloads += error.code() in _OVERLOADED
            continue
        apart = float(np.max(np.abs(scores - expected))) if scores.shape == expected.shape else float("nan")
        # Not a comparison that a NaN would slip through.
        if not apart <= furthest:
            furthest, where = apart, request.signature
    if overloads:
        # One that has died says more in its log than a connection that is gone.
        server.check_alive()
    said = f"{len(failures)} of {len(requests)} requests failed, the first with {failures[0]}" if failures else ""
    measures: Literal["model", "machine"] = "machine" if overloads == len(failures) else "model"
    checks.append(
        Check(name="requests that failed", value=len(failures), limit=0, ok=not failures, said=said, measures=measures)
    )
    skew = f"{where} differs from the batch prediction by {furthest:.2g}, at most {TOLERANCE:g} is allowed"
    same = furthest <= TOLERANCE
    name = "largest difference from batch predictions"
    checks.append(Check(name=name, value=furthest, limit=TOLERANCE, ok=same, said="" if same else skew))
    if not failures:
        checks.append(_p99_check(server, stub, requests, options))
    memory = server.memory_mib()
    if memory is not None:
        checks.append(_limited("MiB of memory at most", memory, "memory_mib", options))
    return checks


def _limited(name: str, value: float, setting: str, options: DryRunOptions) -> Check:
    """What holds of a machine: another, or this one at another time, would give another value."""
    limit = float(getattr(options, setting))
    ok = value <= limit
    said = "" if ok else f"{name}: {value:.1f}, at most {limit:g} is allowed (dry_run.{setting})"
    return Check(name=name, value=value, limit=limit, ok=ok, said=said, measures="machine")


def _scores(stub: prediction_service_pb2_grpc.PredictionServiceStub, request: ServingRequest) -> np.ndarray:
    answer = _method(stub, request.signature)(request.message, timeout=_TIMEOUT)
    if request.signature == CLASSIFY:
        return _classified(answer)
    if request.signature == REGRESS:
        return _regressed(answer)
    scores = np.asarray(tf.make_ndarray(answer.outputs["score"]))
    return scores[0] if request.signature == RANK else scores


def _method(stub: prediction_service_pb2_grpc.PredictionServiceStub, signature: str) -> Callable[..., Any]:
    by_signature: dict[str, Callable[..., Any]] = {CLASSIFY: stub.Classify, REGRESS: stub.Regress}
    return by_signature[signature] if signature in by_signature else cast("Callable[..., Any]", stub.Predict)


def _classified(answer: ClassificationResponse) -> np.ndarray:
    """The chances of label 1, or, of more than two classes, of each."""
    scores = np.array([[each.score for each in row.classes] for row in answer.result.classifications], np.float32)
    return scores[:, 1] if scores.shape[1] == 2 else scores


def _regressed(answer: RegressionResponse) -> np.ndarray:
    return np.array([row.value for row in answer.result.regressions], np.float32)


def _p99_check(
    server: Server,
    stub: prediction_service_pb2_grpc.PredictionServiceStub,
    requests: Sequence[ServingRequest],
    options: DryRunOptions,
) -> Check:
    name = "p99 milliseconds"
    try:
        return _limited(name, _p99(server, stub, requests, options.p99_ms), "p99_ms", options)
    except grpc.RpcError as error:
        server.check_alive()
        said = f"{name}: a request that was answered before failed with {error.code().name}: {error.details()}"
        return Check(name=name, value=None, limit=options.p99_ms, ok=False, said=said, measures="machine")


def _p99(
    server: Server,
    stub: prediction_service_pb2_grpc.PredictionServiceStub,
    requests: Sequence[ServingRequest],
    limit: float,
) -> float:
    """Milliseconds of the requests that a client would send: rank where there is one.

    Where that is more than is allowed, it is without the time in which other programs had the processors.
    """
    ranking = [request for request in requests if request.signature == RANK] or list(requests)
    largest = max(ranking, key=lambda request: len(request.rows))
    least = float("inf")
    for _ in range(_ROUNDS):
        times, waited = zip(*(_milliseconds(server, stub, largest) for _ in range(_TIMED)), strict=True)
        p99 = float(np.percentile(times, 99))
        if p99 <= limit:
            return p99
        alone = np.maximum(0, np.subtract(times, waited))
        least = min(least, float(np.percentile(alone, 99)))
        if least <= limit or np.median(alone) > limit:
            break
    return least


def _milliseconds(
    server: Server, stub: prediction_service_pb2_grpc.PredictionServiceStub, request: ServingRequest
) -> tuple[float, float]:
    """How long an answer took, and how much of it a thread of the server, and of this process, had no processor."""
    theirs, ours = server.waits(), waits("self")
    started = time.perf_counter()
    _scores(stub, request)
    seconds = time.perf_counter() - started
    waited = longest_wait(theirs, server.waits()) + longest_wait(ours, waits("self"))
    return 1000 * seconds, 1000 * waited
