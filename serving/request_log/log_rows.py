"""Logged requests as a table: a row for each candidate."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from widedeep.serving.client.signature import Feature
from widedeep.serving.request_log.entry import Entry
from widedeep.serving.tensors import Array

# The log's own columns, beside a feature's by its name.
TIME, REQUEST, VERSION, RANK, SCORE = "log_time", "log_request_id", "log_model_version", "log_rank", "log_score"


def table(entries: Sequence[Entry], left_out: Collection[str]) -> pa.Table:
    """The rows of requests to models of the same features.

    Args:
        entries: at least one.
        left_out: features whose values are not written.

    Raises:
        ValueError: a feature has the name of a column of the log.
    """
    counts = np.array([len(entry.scores) for entry in entries])
    ranks = [np.empty(count, np.int32) for count in counts]
    for rank, entry in zip(ranks, entries, strict=True):
        rank[np.argsort(-entry.scores, kind="stable")] = np.arange(1, len(rank) + 1)
    micros = np.array([round(entry.seconds * 1e6) for entry in entries], np.int64)
    columns = {
        TIME: pa.array(np.repeat(micros, counts), pa.timestamp("us", "UTC")),
        REQUEST: pa.array([entry.request for entry in entries]).take(pa.array(_owners(counts))),
        VERSION: pa.array([entry.version for entry in entries], pa.int64()).take(pa.array(_owners(counts))),
        RANK: pa.array(np.concatenate(ranks)),
        SCORE: pa.array(np.concatenate([entry.scores for entry in entries])),
    }
    for name, feature in entries[0].features.items():
        if name not in left_out:
            if name in columns:
                raise ValueError(f"the feature '{name}' has the name of a column of the log: leave it out")
            columns[name] = _column(feature, [entry.tensors[name] for entry in entries], counts)
    return pa.table(columns)


def _owners(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Of each row its request."""
    return np.repeat(np.arange(len(counts)), counts)


def _column(feature: Feature, tensors: Sequence[Array], counts: NDArray[np.integer]) -> pa.Array:
    """[rows] of a feature; what is missing is null."""
    # [1, ...] of each request, or [1, c, ...].
    rows = tensors if feature.side == "user" else [tensor[0] for tensor in tensors]
    column = _sets(rows) if feature.kind == "set" else _plain(feature, np.concatenate(rows))
    return column.take(pa.array(_owners(counts))) if feature.side == "user" else column


def _plain(feature: Feature, values: Array) -> pa.Array:
    if feature.kind == "number":
        return pa.array(values, from_pandas=True)
    return _words(values)


def _words(values: Array) -> pa.Array:
    binary = pa.array(values, pa.binary())
    return pc.if_else(pc.equal(binary, b""), None, binary).cast(pa.string())


def _sets(rows: Sequence[Array]) -> pa.Array:
    """Lists of [n, members] each, whose empty members are none; without any, null."""
    sizes = np.concatenate([(part != b"").sum(axis=1) for part in rows])
    members = np.concatenate([part[part != b""] for part in rows])
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    # A null where a list begins makes the list null.
    begins = pa.array(offsets, pa.int32(), mask=np.append(sizes == 0, False))
    return pa.ListArray.from_arrays(begins, pa.array(members, pa.binary()).cast(pa.string()))
