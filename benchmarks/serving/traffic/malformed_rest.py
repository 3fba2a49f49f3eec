"""Malformed requests over REST, written byte by byte: no HTTP library would send them."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from benchmarks.serving.servers.processes import NAME
from benchmarks.serving.traffic.mutations import mutated_bytes, mutated_json, noise
from benchmarks.serving.traffic.status_oracle import RawRequest, Reply, StatusTally, rest_fault

# JSON bodies by verb.
Documents: TypeAlias = dict[str, list[dict[str, Any]]]
# Long after a busy machine has answered: who hasn't then is not slow.
_TIMEOUT = 120.0
_PATHS = (
    f"/v1/models/{NAME}", f"/v1/models/{NAME}/metadata", f"/v1/models/{NAME}/versions/1", f"/v1/models/{NAME}/labels/x",
    f"/v1/models/{NAME}/versions/1:predict", "/v1/models/", "/v1", "/", "/healthz", "/monitoring/prometheus/metrics",
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "X")
# Odd, but HTTP.
_HEADERS = (
    "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16", "Content-Encoding: gzip",
    "Accept: text/html", "Accept-Encoding: br", "Expect: 100-continue", "Connection: upgrade\r\nUpgrade: websocket",
    "X:", "X: \u00e9", f"X: {'y' * 10_000}",
)  # fmt: skip
# No HTTP: a length or a host twice, a body that is not coded as is said, and what is no header at all.
_MALFORMED_HEADERS = (
    "Content-Length: 5", "Content-Length: -1", "Content-Length: x", "Transfer-Encoding: chunked", "Host: x",
    "Transfer-Encoding: gzip", "No-Colon", ": no name", "X: \x00", f"X: {'y' * 100_000}",
)  # fmt: skip
_TARGET = re.compile(rb"[!-~]+")


class MalformedRest:
    """Sends them, each on a connection of its own."""

    def __init__(self, target: str, good: Documents, tally: StatusTally) -> None:
        """`target` is HOST:PORT, `good` is what is changed; `tally` is told each answer."""
        host, port = target.rsplit(":", 1)
        self._address, self._good, self._tally = (host, int(port)), good, tally
        self._makers = {"REST body": _body, "REST JSON": _json, "REST path": _path, "REST header": _header}

    def send(self, chance: random.Random) -> None:
        """One more."""
        kind, make = chance.choice(list(self._makers.items()))
        sent = make(chance, self._good)
        reply = _ask(*self._address, sent)
        fault = rest_fault(sent, reply)
        self._tally.add(kind, str(reply.status), f"{fault} to {sent.data[:2000]!r}" if fault else None)


def _body(chance: random.Random, good: Documents) -> RawRequest:
    verb = chance.choice(list(good))
    data = json.dumps(chance.choice(good[verb])).encode()
    return _post(verb, noise(chance) if chance.random() < 0.2 else mutated_bytes(chance, data))


def _json(chance: random.Random, good: Documents) -> RawRequest:
    verb = chance.choice(list(good))
    return _post(verb, json.dumps(mutated_json(chance, chance.choice(good[verb]))).encode())


def _path(chance: random.Random, good: Documents) -> RawRequest:
    verb = chance.choice(list(good))
    paths = [path.encode() for path in (*_PATHS, f"/v1/models/{NAME}:{verb}")]
    path = mutated_bytes(chance, chance.choice(paths)).replace(b"\r", b"").replace(b"\n", b"")
    return _request(chance.choice(_METHODS), path, json.dumps(good[verb][0]).encode())


def _header(chance: random.Random, good: Documents) -> RawRequest:
    verb = chance.choice(list(good))
    headers = chance.sample(_HEADERS + _MALFORMED_HEADERS, chance.randint(1, 3))
    return _post(verb, json.dumps(good[verb][0]).encode(), headers)


def _post(verb: str, body: bytes, headers: Sequence[str] = ()) -> RawRequest:
    return _request("POST", f"/v1/models/{NAME}:{verb}".encode(), body, headers)


def _request(method: str, path: bytes, body: bytes, headers: Sequence[str] = ()) -> RawRequest:
    lines = [f"{method} ".encode() + path + b" HTTP/1.1", *(header.encode("latin-1") for header in headers)]
    lines += [b"Host: localhost", b"Connection: close", b"Content-Length: %d" % len(body)]
    whole = bool(_TARGET.fullmatch(path)) and not set(headers) & set(_MALFORMED_HEADERS)
    return RawRequest(b"\r\n".join(lines) + b"\r\n\r\n" + body, method, whole)


def _ask(host: str, port: int, sent: RawRequest) -> Reply:
    """Sends it, and reads the first answer to its end; an answer that doesn't come is one of status 0."""
    with socket.create_connection((host, port), timeout=_TIMEOUT) as connection:
        answer = b""
        with suppress(OSError):  # it has answered already, and reads no more
            connection.sendall(sent.data)
            if not sent.http:
                # A server may still wait for the rest of it.
                connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError, TimeoutError):
            while more := connection.recv(65536):
                answer += more
    return parse_reply(answer)


def parse_reply(data: bytes) -> Reply:
    """The first answer in what came back, but for those that only say to go on."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields = head.split(b" ", 2)
    if len(fields) < 2 or not fields[1].isdigit():
        return Reply(0, body)
    status = int(fields[1])
    return parse_reply(body) if 100 <= status < 200 else Reply(status, body)
