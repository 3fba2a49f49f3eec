"""A client of benchmarks/serving/suite.py that sends malformed requests over gRPC and REST, and checks the answers.

    python -m benchmarks.serving.traffic.malformed_client SETTINGS.json

SETTINGS: target, rest (HOST:PORT), pid (the server's), base (folder of the model's versions), data (of MovieLens),
requests (how many, in all), seed, out (file). OUT gets {"sent": {kind: n}, "said": {kind: {status: n}}, "improper":
[what, ...], "memory": [the server's anonymous bytes at equal distances]}.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import grpc

from benchmarks.harness.memory import anonymous
from benchmarks.serving.traffic.corpus import documents
from benchmarks.serving.traffic.malformed_grpc import MalformedGrpc
from benchmarks.serving.traffic.malformed_rest import MalformedRest
from benchmarks.serving.traffic.status_oracle import StatusTally

# The share of gRPC; the rest goes over REST.
_OVER_GRPC = 0.6
# How often the server's memory is looked at.
_LOOKS = 40


def main() -> None:
    """Sends all, and writes what came of it."""
    given = json.loads(Path(sys.argv[1]).read_text())
    chance, tally = random.Random(given["seed"]), StatusTally()  # noqa: S311
    with grpc.insecure_channel(given["target"]) as channel:
        over_grpc = MalformedGrpc(given, channel, tally)
        over_rest = MalformedRest(given["rest"], documents(Path(given["data"])), tally)
        over_grpc.warm_up()
        memory = [anonymous(given["pid"])]
        for number in range(1, given["requests"] + 1):
            (over_grpc if chance.random() < _OVER_GRPC else over_rest).send(chance)
            if number % max(1, given["requests"] // _LOOKS) == 0:
                memory.append(anonymous(given["pid"]))
    sent = {kind: counted.total() for kind, counted in tally.said.items()}
    answer = {"sent": sent, "said": tally.said, "improper": tally.improper, "memory": memory}
    Path(given["out"]).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
