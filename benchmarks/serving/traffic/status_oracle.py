"""Which answers to a malformed request are proper: those that TF Serving might give."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import NamedTuple

RELOAD = "ModelService/HandleReloadConfigRequest"
_PROPER = frozenset({"OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "UNIMPLEMENTED", "OUT_OF_RANGE"})


class RawRequest(NamedTuple):
    """What was sent, the method in it, and whether it is a whole request of HTTP/1.1."""

    data: bytes
    method: str
    http: bool


class Reply(NamedTuple):
    """What came back; status 0 where the server closed the connection without a word."""

    status: int
    body: bytes


class StatusTally:
    """Counts what was said to each kind of request, and keeps what should not have been said."""

    def __init__(self) -> None:
        self.said: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.improper: list[str] = []

    def add(self, kind: str, status: str, fault: str | None) -> None:
        """An answer, and what is wrong with it."""
        self.said[kind][status] += 1
        if fault:
            self.improper.append(f"{kind}: {fault}")


def grpc_fault(method: str, code: str, details: str, *, parses: bool) -> str | None:
    """What is wrong with a status of gRPC; None where TF Serving might say the same.

    Args:
        method: that was called.
        code: name of the status.
        details: its text.
        parses: whether the bytes are a message of the method's type at all.
    """
    if code in _PROPER:
        return None if parses or code != "OK" else "OK to bytes that are no message"
    # gRPC itself says so of bytes that it can't parse.
    if code == "INTERNAL" and not parses:
        return None
    # A reload may name no folder outside; and server_core.cc says UNKNOWN of a model that it can't load.
    if method == RELOAD and (code == "PERMISSION_DENIED" or (code == "UNKNOWN" and "become available" in details)):
        return None
    return f"{code}: {details[:300]}"


def rest_fault(sent: RawRequest, reply: Reply) -> str | None:
    """What is wrong with an answer; None where it is right, or a refusal in the right form.

    What is no HTTP may be refused in any words, or with none at all.
    """
    if reply.status == 200 or (reply.status == 0 and not sent.http):
        return None
    if not 400 <= reply.status < 500:
        return f"status {reply.status}: {reply.body[:200]!r}"
    # The answer to HEAD has no body.
    if not sent.http or sent.method == "HEAD":
        return None
    # What is no part of the API TF Serving's HTTP server answers itself, and OPTIONS without an Origin.
    if (reply.status == 404 and reply.body.startswith(b"<HTML>")) or (sent.method == "OPTIONS" and not reply.body):
        return None
    try:
        error = json.loads(reply.body)["error"]
    except (ValueError, TypeError, KeyError):
        return f"status {reply.status} without a JSON error: {reply.body[:200]!r}"
    return None if isinstance(error, str) and error else f"status {reply.status} with the error {error!r}"
