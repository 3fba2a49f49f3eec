"""What the kept figures of serving say, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure
from benchmarks.serving.latency import PAPER, SPLITS

_MODELS = {"default": "the defaults' layers", "paper": "the paper's layers"}
_THROUGHPUT = "serving_throughput_"


def serving(figures: Sequence[Figure]) -> list[str]:
    """Latency beside the paper's table, CPU by signature, and throughput."""
    by_name = {figure.name: figure for figure in figures}
    latency = {model: by_name[f"serving_p99_{model}_layers"].details for model in _MODELS}
    cpu = {model: by_name[f"serving_cpu_serving_default_over_rank_{model}_layers"].details for model in _MODELS}
    throughput = [figure for name, figure in by_name.items() if name.startswith(_THROUGHPUT)]
    return [_latency(latency), _cpu(cpu), _throughput(throughput)]


def _latency(by_model: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for model, details in by_model.items():
        milliseconds = details["milliseconds"]
        cells = [_pair(milliseconds[f"{parallel} x {200 // parallel}"]) for parallel in SPLITS]
        layers = "-".join(map(str, details["layers"]))
        rows.append([f"{_MODELS[model]}, {layers}: p50 / p99, ms", *cells])
    rows.append(["Cheng et al. 2016, table 2: latency, ms", *(str(PAPER[parallel]) for parallel in SPLITS)])
    return markdown.table(["200 candidates as", *(f"{parallel} x {200 // parallel}" for parallel in SPLITS)], rows)


def _pair(milliseconds: Mapping[str, float]) -> str:
    return f"{milliseconds['p50']:.1f} / {milliseconds['p99']:.1f}"


def _cpu(by_model: Mapping[str, Mapping[str, Any]]) -> str:
    signatures = list(dict.fromkeys(name for details in by_model.values() for name in details["cpu_ms_a_request"]))
    rows = []
    for model, details in by_model.items():
        taken = details["cpu_ms_a_request"]
        rows.append([_MODELS[model], *(f"{taken[name]:.1f}" if name in taken else "" for name in signatures)])
    return markdown.table(["ms of the server's CPU for 200 candidates", *signatures], rows)


def _throughput(figures: Sequence[Figure]) -> str:
    names = [figure.name.removeprefix(_THROUGHPUT).replace("_", " ") for figure in figures]
    rows = [[name, f"{figure.value:,.0f}"] for name, figure in zip(names, figures, strict=True)]
    return markdown.table(["at saturation", "requests a second"], rows)
