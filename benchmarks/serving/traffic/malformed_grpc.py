"""Malformed requests over gRPC: noise, and good requests with changed bytes or fields, to every method."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from benchmarks.serving.traffic.corpus import METHODS, corpus
from benchmarks.serving.traffic.message_mutations import mutated_message
from benchmarks.serving.traffic.mutations import mutated_bytes, noise
from benchmarks.serving.traffic.status_oracle import RELOAD, StatusTally, grpc_fault

# Each reload that is accepted loads a model, and its repair another, which takes seconds.
_RELOADS = 0.005
# Tries, and the pause before the next try.
_REPAIRS, _REPAIR_SECONDS = 10, 1.0
# Long after a busy machine has answered: who hasn't then is not slow.
_TIMEOUT = 120.0


class MalformedGrpc:
    """Sends them over one channel."""

    def __init__(self, given: dict[str, Any], channel: grpc.Channel, tally: StatusTally) -> None:
        """`tally` is told each answer."""
        self._good, self._tally = corpus(Path(given["data"]), Path(given["base"])), tally
        self._others = [name for name in METHODS if name != RELOAD]
        self._calls = {name: channel.unary_unary(f"/tensorflow.serving.{name}") for name in METHODS}

    def warm_up(self) -> None:
        """Every good request once, and the model loaded a second time: what that takes is no growth afterwards."""
        for method, requests in self._good.items():
            for request in requests:
                self._said(method, request.SerializeToString())
        renamed = type(self._good[RELOAD][0])()
        renamed.CopyFrom(self._good[RELOAD][0])
        renamed.config.model_config_list.config[0].name = "another"
        self._said(RELOAD, renamed.SerializeToString())
        self._repair()

    def send(self, chance: random.Random) -> None:
        """One more."""
        method = RELOAD if chance.random() < _RELOADS else chance.choice(self._others)
        data = self._broken(chance, method)
        code, details = self._said(method, data)
        fault = grpc_fault(method, code, details, parses=_parses(method, data))
        self._tally.add(method.rpartition("/")[2], code, f"{fault} to {data.hex()}" if fault else None)
        if method == RELOAD and code == "OK":
            self._repair()

    def _repair(self) -> None:
        """Has the model served again. That is a good request: any other answer than OK is improper."""
        for _ in range(_REPAIRS):
            code, details = self._said(RELOAD, self._good[RELOAD][0].SerializeToString())
            self._tally.add("good reload", code, None if code == "OK" else f"{code}: {details}")
            if code == "OK":
                break
            time.sleep(_REPAIR_SECONDS)

    def _broken(self, chance: random.Random, method: str) -> bytes:
        good = chance.choice(self._good[method])
        kind = chance.choices(("noise", "bytes", "fields"), (1, 2, 3))[0]
        if kind == "noise":
            return noise(chance)
        data: bytes = (mutated_message(chance, good) if kind == "fields" else good).SerializeToString()
        return mutated_bytes(chance, data) if kind == "bytes" else data

    def _said(self, method: str, data: bytes) -> tuple[str, str]:
        try:
            self._calls[method](data, timeout=_TIMEOUT)
        except grpc.RpcError as error:
            return error.code().name, error.details() or ""
        return "OK", ""


def _parses(method: str, data: bytes) -> bool:
    try:
        METHODS[method].FromString(data)
    except DecodeError:
        return False
    return True
