"""What benchmarks/serving/suite.py measures, over one set of models."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure
from benchmarks.harness.movielens_splits import first_rows
from benchmarks.serving import (
    cpu_cost,
    hot_swaps,
    latency,
    latency_breakdown,
    malformed_requests,
    throughput,
    version_check,
)
from benchmarks.serving.latency import Effort
from benchmarks.serving.servers.models import FEATURES, MODELS, options
from benchmarks.serving.servers.processes import Server, serving
from benchmarks.serving.traffic.rank_requests import RankRequest, read, requests
from widedeep.components import features

SMALL, LARGE = 10, 200
_STARTED = time.monotonic()
_LAYERS = {model: options(model).deep.hidden for model in MODELS}


@dataclass(frozen=True)
class Size:
    """How much is measured: rows to train on (None: all), how long, swaps, and malformed requests."""

    rows: int | None
    effort: Effort
    step_seconds: float
    swaps: int
    malformed: int


class Measurements:
    """Each method measures something, and gives its figures."""

    def __init__(self, home: Path, data: Path, size: Size, names: Sequence[str] = MODELS) -> None:
        """Trains these models in `home`, and makes the requests of the rows in `data`."""
        self._home, self._data, self._size = home, data, size
        _say("training the models")
        subprocesses.run(
            "benchmarks.serving.servers.models",
            first_rows(data, home / "data", size.rows),
            home / "models",
            *names,
            log=home / "models.txt",
        )
        _say("the models in a process by itself")
        settings = home / "in_process.json"
        models = {model: str(home / "models" / model) for model in names}
        given = {"models": models, "layers": _LAYERS, "data": str(data), "candidates": LARGE, "out": str(home / "sent")}
        settings.write_text(json.dumps(given | {"repeats": size.effort.rounds * size.effort.requests}))
        subprocesses.run("benchmarks.serving.servers.in_process", settings, log=home / "in_process.txt")
        self._in_process: dict[str, Any] = json.loads((home / "sent" / "answer.json").read_text())
        rows, spec = read(data), features.load(FEATURES)
        self._requests = {candidates: requests(rows, spec, candidates) for candidates in (SMALL, LARGE)}

    def _base(self, model: str, name: str) -> Path:
        base = self._home / name
        base.mkdir()
        hot_swaps.hard_link_copy(self._home / "models" / model, base / "1")
        return base

    def _file(self, candidates: int, users: int) -> Path:
        path = self._home / f"{candidates}-{users}.json"
        path.write_text(json.dumps([asdict(request) for request in self._requests[candidates][:users]]))
        return path

    def _expected(self, model: str) -> np.ndarray:
        return np.array(self._in_process["scores"][model])

    def default(self) -> list[Figure]:
        """One request at a time, and many, with the defaults' layers."""
        with serving(self._base("default", "served-default"), self._home / "server.txt") as served:
            return [*self._one_request("default", served), *self._throughput(served, batched=False)]

    def paper(self) -> list[Figure]:
        """One request at a time with the paper's layers."""
        with serving(self._base("paper", "served-paper"), self._home / "server.txt") as served:
            return self._one_request("paper", served)

    def batching(self) -> list[Figure]:
        """Many requests that the server puts together."""
        flags = ("--batching", throughput.BATCHING)
        with serving(self._base("default", "served-batched"), self._home / "server.txt", *flags) as served:
            return self._throughput(served, batched=True)

    def swaps(self) -> list[Figure]:
        """Versions replaced under load."""
        _say(f"{self._size.swaps} hot swaps")
        base = self._base("other", "swapped")
        # Of even versions, then of odd versions.
        models = [self._home / "models" / model for model in ("default", "other")]
        expected = [self._expected("default"), self._expected("other")]
        version_check.check_apart(expected)
        with serving(base, self._home / "server.txt", "--poll", 0.05) as served:
            seen = hot_swaps.measure(served, base, models, self._large, expected, self._size.swaps)
        return hot_swaps.figures(seen, self._size.swaps)

    def malformed(self) -> list[Figure]:
        """Requests that are none, to a server of their own: its memory is watched."""
        _say(f"{self._size.malformed:,} malformed requests")
        base = self._base("default", "served-malformed")
        with serving(base, self._home / "server.txt") as served:
            outcome = malformed_requests.measure(
                served, self._home, self._data, base, self._large, self._expected("default"), self._size.malformed
            )
        return malformed_requests.figures(outcome)

    def _one_request(self, model: str, served: Server) -> list[Figure]:
        _say(f"one request at a time, {model} layers")
        requests_file, sent, effort = self._file(LARGE, 1), self._home / "sent", self._size.effort
        table = latency.measure(served, self._home, requests_file, effort)
        _say(json.dumps(table.percentiles()))
        beside = latency_breakdown.client_and_transport(served, self._home, sent, model, requests_file, effort)
        cpu = cpu_cost.measure(served, sent, effort)
        products = self._in_process["products"][model]
        whole = table.percentiles()["1 x 200"]["p50"]
        parts = latency_breakdown.parts(whole, self._in_process["milliseconds"][model], *beside)
        return [latency.figure(model, _LAYERS[model], table, parts), *cpu_cost.figures(model, cpu, products)]

    def _throughput(self, served: Server, *, batched: bool) -> list[Figure]:
        figures = []
        for candidates, file in {SMALL: self._file(SMALL, 200), LARGE: self._file(LARGE, 20)}.items():
            _say(f"throughput of {candidates} candidates, {'with' if batched else 'without'} batching")
            steps = throughput.measure(served, self._home, file, self._size.step_seconds)
            figures.append(throughput.figure(candidates, batched, steps))
        return figures

    @property
    def _large(self) -> RankRequest:
        return self._requests[LARGE][0]


def _say(text: str) -> None:
    click.echo(f"{time.monotonic() - _STARTED:.0f} s, load average {os.getloadavg()[0]:.1f}: {text}", err=True)
