"""Flink's settings: those that a real cluster showed to be needed, each with its reason beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
Build = Callable[..., list[Object]]


def mebibytes(size: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([mg]|Gi)", size).groups()  # type: ignore[union-attr]
    return int(number) * {"m": 1, "g": 1024, "Gi": 1024}[unit]


def seconds(duration: str) -> float:
    number, unit = duration.split()
    return float(number) * {"s": 1, "min": 60, "h": 3600}[unit]


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        # What a real cluster failed with, without them.
        ("taskmanager.network.sort-shuffle.min-buffers", "64", "Insufficient number of network buffers"),
        ("taskmanager.memory.task.off-heap.size", "512m", "Direct buffer memory"),
        ("taskmanager.jvm-exit-on-oom", "true", "the job hangs for ever"),
        ("cluster.uncaught-exception-handling", "FAIL", "the job hangs for ever"),
        ("pekko.ask.timeout", "120 s", "gives its own calls up after 10 s"),
        ("taskmanager.numberOfTaskSlots", "1", "a Beam worker process a slot"),
        ("restart-strategy.type", "exponential-delay", "unlike fixed-delay"),
        ("restart-strategy.exponential-delay.attempts-before-reset-backoff", "4", "a bad row"),
    ],
)
def test_a_setting_has_the_value_that_was_found_and_its_reason_beside_it(
    flink: Object, setting: str, value: str, why: str
) -> None:
    assert flink["spec"]["flinkConfiguration"][setting] == value
    assert why in reason("flink.yaml", f"{setting}: ")


def reason(file: str, line: str) -> str:
    """The comment above the lines of a file that such a line is among."""
    lines = [each.strip() for each in (ROOT / "kubeflow" / "flink" / file).read_text().splitlines()]
    [place] = [number for number, each in enumerate(lines) if each.startswith(line)]
    last = max(number for number in range(place) if lines[number].startswith("#"))
    first = max(number for number in range(last) if not lines[number].startswith("#"))
    return " ".join(each.removeprefix("# ") for each in lines[first + 1 : last + 1])


def test_memory_beside_the_heap_leaves_one(flink: Object) -> None:
    """Flink 1.20 sets apart: overhead a tenth, metaspace 256 MiB, managed four tenths of the rest, network a tenth."""
    settings, size = flink["spec"]["flinkConfiguration"], flink["spec"]["taskManager"]["resource"]["memory"]
    whole, off_heap = mebibytes(size), mebibytes(settings["taskmanager.memory.task.off-heap.size"])
    # A million rows ended with "Java heap space" in less.
    assert whole >= 4096
    flinks = 0.9 * whole - 256
    assert flinks - 0.5 * flinks - off_heap - 256 >= 700
    assert "A million rows took 1.5 GiB" in reason("flink.yaml", f"resource: {{cpu: 1, memory: {size}}}")


def test_the_job_manager_has_memory_for_graphs_alone(flink: Object) -> None:
    """Flink 1.20 sets apart: overhead 192 MiB or a tenth, metaspace 256 MiB, off-heap 128 MiB."""
    size = flink["spec"]["jobManager"]["resource"]["memory"]
    whole = mebibytes(size)
    assert whole - max(192, 0.1 * whole) - 256 - 128 >= 1024
    assert "none of their rows" in reason("flink.yaml", f"resource: {{cpu: 1, memory: {size}}}")


def test_the_parallelism_is_in_task_managers(options: Any, flink: Object, pool: Object) -> None:
    from apache_beam.options import pipeline_options as beam

    parallelism = options.view_as(beam.FlinkRunnerOptions).parallelism
    own, beside = flink["spec"]["taskManager"]["resource"], pool["resources"]["requests"]
    cores, memory = own["cpu"] + int(beside["cpu"]), mebibytes(own["memory"]) + mebibytes(beside["memory"])
    told = reason("pipeline.yaml", f"- --parallelism={parallelism}")
    assert {4: "four"}[parallelism] + f" times {cores} cores and {memory // 1024} GiB" in told


def test_no_service_stands_in_front_of_pools(build: Build, pool: Object) -> None:
    """Two task managers that share a pool wait for each other for ever, and whoever reaches one starts processes."""
    [port] = pool["ports"]
    for folder in ("base", "data", "flink", "gc", "serving/base", "toolbox", "workers"):
        for service in (manifest for manifest in build(folder) if manifest["kind"] == "Service"):
            assert not {"widedeep-flink", "flink-native-kubernetes"} & set(service["spec"]["selector"].values())
            targets = {each.get("targetPort", each["port"]) for each in service["spec"]["ports"]}
            assert not {port["name"], port["containerPort"]} & targets
    assert "no Service in front of several" in reason("flink.yaml", "- name: beam-worker-pool")


def test_a_bad_row_ends_a_job_in_minutes_and_a_lost_task_manager_does_not(flink: Object) -> None:
    """By Flink 1.20's description: attempts after pauses that grow, counted anew after a time without failure."""
    prefix, settings = "restart-strategy.exponential-delay.", flink["spec"]["flinkConfiguration"]
    strategy = {name.removeprefix(prefix): value for name, value in settings.items() if name.startswith(prefix)}
    # Any more of them, and the sums below were others.
    assert set(strategy) == {
        *("initial-backoff", "backoff-multiplier", "max-backoff", "attempts-before-reset-backoff"),
        "reset-backoff-threshold",
    }
    first, most = seconds(strategy["initial-backoff"]), seconds(strategy["max-backoff"])
    attempts = int(strategy["attempts-before-reset-backoff"])
    pauses = [min(first * float(strategy["backoff-multiplier"]) ** attempt, most) for attempt in range(attempts)]
    assert sum(pauses) <= 180
    assert f"{' + '.join(f'{pause:.0f}' for pause in pauses)} s" in reason("flink.yaml", "restart-strategy.type: ")
    # What is lost is lost at once for some regions, and for others seconds later: before the first restart.
    assert first >= 10
    assert attempts >= 3
    # Longer than a step takes to come to its bad row once more.
    assert seconds(strategy["reset-backoff-threshold"]) >= 3600
