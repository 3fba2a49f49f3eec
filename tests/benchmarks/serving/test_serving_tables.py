"""Latency, CPU and throughput as tables."""

from __future__ import annotations

from typing import Any

from benchmarks.harness.figures import Figure
from benchmarks.serving import tables


def _figure(name: str, value: float = 1.0, **details: Any) -> Figure:
    return Figure(name, value, "", None, "", details)


def test_serving_stands_beside_the_papers_table() -> None:
    figures = []
    for model, layers, milliseconds, cpu in (("default", [2, 1], 4.04, 3.0), ("paper", [1024, 512, 256], 7.0, 7.5)):
        splits = ("1 x 200", "2 x 100", "4 x 50", "REST, 1 x 200")
        measured = {split: {"p50": milliseconds, "p99": milliseconds + place} for place, split in enumerate(splits)}
        figures.append(_figure(f"serving_p99_{model}_layers", layers=layers, milliseconds=measured))
        spent = {"rank": cpu, "serving_default": 10.3 + cpu, "predict_raw": 2 * cpu}
        name = f"serving_cpu_serving_default_over_rank_{model}_layers"
        figures.append(_figure(name, cpu_ms_a_request=spent))
    figures.append(_figure("serving_throughput_10_candidates", 765.4))
    figures.append(_figure("serving_throughput_200_candidates_batching", 1447.0))
    latency, cpu_table, throughput = (table.splitlines() for table in tables.serving(figures))
    assert latency == [
        "| 200 candidates as | 1 x 200 | 2 x 100 | 4 x 50 |",
        "| --- | --- | --- | --- |",
        "| the defaults' layers, 2-1: p50 / p99, ms | 4.0 / 4.0 | 4.0 / 5.0 | 4.0 / 6.0 |",
        "| the paper's layers, 1024-512-256: p50 / p99, ms | 7.0 / 7.0 | 7.0 / 8.0 | 7.0 / 9.0 |",
        # Of the paper: https://arxiv.org/abs/1606.07792, table 2.
        "| Cheng et al. 2016, table 2: latency, ms | 31 | 17 | 14 |",
    ]
    assert cpu_table[0] == "| ms of the server's CPU for 200 candidates | rank | serving_default | predict_raw |"
    assert cpu_table[2] == "| the defaults' layers | 3.0 | 13.3 | 6.0 |"
    assert cpu_table[3] == "| the paper's layers | 7.5 | 17.8 | 15.0 |"
    assert throughput[2:] == ["| 10 candidates | 765 |", "| 200 candidates batching | 1,447 |"]
