"""A client of benchmarks/serving/suite.py that sends what is no request, over gRPC and REST, and judges the answers.

    python -m benchmarks.serving.traffic.broken SETTINGS.json

SETTINGS: target, rest (HOST:PORT), pid (the server's), base (folder of the model's versions), data (of MovieLens),
requests (how many, in all), seed, out (file). OUT gets {"sent": {kind: n}, "said": {kind: {status: n}}, "improper":
[what, ...], "memory": [the server's resident bytes at equal distances]}.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from benchmarks.harness.memory import resident
from benchmarks.serving.traffic.corpus import METHODS, corpus, documents
from benchmarks.serving.traffic.http import OverRest
from benchmarks.serving.traffic.judge import RELOAD, Judge, of_grpc
from benchmarks.serving.traffic.mutations import mutated, noise
from benchmarks.serving.traffic.protos import odd

_OVER_GRPC = 0.6
# Each reload that is accepted loads a model, and its repair another one, which takes seconds.
_RELOADS = 0.005
# Tries, and the pause before the next one.
_REPAIRS, _REPAIR_SECONDS = 10, 1.0
# How often the server's memory is looked at.
_LOOKS = 20
_TIMEOUT = 20.0


class OverGrpc:
    """Sends noise, and good requests with changed bytes or fields, to every method."""

    def __init__(self, given: dict[str, Any], channel: grpc.Channel, judge: Judge) -> None:
        """`judge` is told each answer."""
        self._good, self._judge = corpus(Path(given["data"]), Path(given["base"])), judge
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
        found = of_grpc(method, code, details, parses=_parses(method, data))
        self._judge.add(method.rpartition("/")[2], code, f"{found} to {data.hex()}" if found else None)
        if method == RELOAD and code == "OK":
            self._repair()

    def _repair(self) -> None:
        """Has the model served again. That is a good request: any other answer than OK is improper."""
        for _ in range(_REPAIRS):
            code, details = self._said(RELOAD, self._good[RELOAD][0].SerializeToString())
            self._judge.add("good reload", code, None if code == "OK" else f"{code}: {details}")
            if code == "OK":
                break
            time.sleep(_REPAIR_SECONDS)

    def _broken(self, chance: random.Random, method: str) -> bytes:
        good = chance.choice(self._good[method])
        kind = chance.choices(("noise", "bytes", "fields"), (1, 2, 3))[0]
        if kind == "noise":
            return noise(chance)
        data: bytes = (odd(chance, good) if kind == "fields" else good).SerializeToString()
        return mutated(chance, data) if kind == "bytes" else data

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


def main() -> None:
    """Sends all, and writes what came of it."""
    given = json.loads(Path(sys.argv[1]).read_text())
    chance, judge = random.Random(given["seed"]), Judge()  # noqa: S311
    with grpc.insecure_channel(given["target"]) as channel:
        over_grpc = OverGrpc(given, channel, judge)
        over_rest = OverRest(given["rest"], documents(Path(given["data"])), judge)
        over_grpc.warm_up()
        memory = [resident(given["pid"])]
        for number in range(1, given["requests"] + 1):
            (over_grpc if chance.random() < _OVER_GRPC else over_rest).send(chance)
            if number % max(1, given["requests"] // _LOOKS) == 0:
                memory.append(resident(given["pid"]))
    sent = {kind: counted.total() for kind, counted in judge.said.items()}
    answer = {"sent": sent, "said": judge.said, "improper": judge.improper, "memory": memory}
    Path(given["out"]).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
