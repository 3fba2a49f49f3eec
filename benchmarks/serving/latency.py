"""Milliseconds of one request at a time: the paper's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.harness.figures import Figure
from benchmarks.serving.servers.processes import Server, Worker

SPLITS = (1, 2, 4)
# Cheng et al. 2016, table 2: milliseconds of 200 candidates in 1 x 200, 2 x 100 and 4 x 50.
PAPER = {1: 31, 2: 17, 4: 14}
_GOAL = "<= 10"


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: in which what is compared takes turns.
        seconds: of each turn.
        requests: of each turn, where they are counted.
    """

    rounds: int
    seconds: float
    requests: int


@dataclass
class Table:
    """Milliseconds of each request by split ("1 x 200"), of one model."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, split: str, milliseconds: list[float]) -> None:
        """More of a split."""
        self.milliseconds.setdefault(split, []).extend(milliseconds)

    def percentiles(self) -> dict[str, dict[str, float]]:
        """p50, p95, p99 and how many they are of, by split."""
        return {split: percentiles(taken) for split, taken in self.milliseconds.items()}


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99, between the nearest two, and how many there are."""
    values = np.percentile(milliseconds, [50, 95, 99]).round(3).tolist()
    return dict(zip(("p50", "p95", "p99"), values, strict=True)) | {"requests": len(milliseconds)}


def measure(served: Server, home: Path, requests_file: Path, effort: Effort) -> Table:
    """Asks for 200 candidates over gRPC by each split, and over REST, in turn, from a process of its own."""
    table = Table()
    workers = "benchmarks.serving.traffic.load_generator"
    with (
        Worker(workers, served.target, "grpc", requests_file, log=home / "grpc.txt") as over_grpc,
        Worker(workers, served.rest, "rest", requests_file, log=home / "rest.txt") as over_rest,
    ):
        for _ in range(effort.rounds):
            for parallel in SPLITS:
                table.add(f"{parallel} x {200 // parallel}", turn(over_grpc, parallel, effort.seconds))
            table.add("REST, 1 x 200", turn(over_rest, 1, effort.seconds))
    return table


def turn(worker: Worker, parallel: int, seconds: float) -> list[float]:
    """Milliseconds of one thread's requests, for so long. Raises ClickException where one fails."""
    worker.tell(threads=1, seconds=seconds, parallel=parallel)
    answer = worker.answer()
    if answer["failed"]:
        raise click.ClickException(f"requests failed: {answer['failed']}")
    milliseconds: list[float] = answer["milliseconds"]
    return milliseconds


def figure(model: str, layers: Sequence[int], table: Table, parts: Mapping[str, float]) -> Figure:
    """The best split's p99.

    Args:
        model: its name in the figures.
        layers: the hidden ones.
        table: of the model.
        parts: where the median of 1 x 200 goes.
    """
    by_split = table.percentiles()
    over_grpc = {split: row for split, row in by_split.items() if not split.startswith("REST")}
    best = min(over_grpc, key=lambda split: over_grpc[split]["p99"])
    details: dict[str, Any] = {"best_split": best, "layers": list(layers), "milliseconds": by_split}
    details["p50_over_paper"] = {split: round(over_grpc[split]["p50"] / PAPER[int(split[0])], 3) for split in over_grpc}
    details["one_request"] = {name: round(value, 3) for name, value in parts.items()}
    against = "Cheng et al. 2016, table 2: 31, 17 and 14 ms for 1 x 200, 2 x 100 and 4 x 50"
    return Figure(f"serving_p99_{model}_layers", over_grpc[best]["p99"], "ms", _GOAL, against, details)
