"""How Beam runs: in this process, in one a core, or wherever the options say."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.settings import Strict, nearest

# The engine inside the DirectRunner. Under its own name Beam 2.77 first tries to download the Prism runner's binary
# from the network, at every step, and takes this engine where it can't.
_ENGINE = "widedeep.components.common.process.direct_engine.DirectEngine"
# The size of a row of MovieLens; of JSON lines, which repeat the keys, by calculation.
_ROW_BYTES = {"parquet": 21, "csv": 138, "tsv": 138, "jsonl": 315, "tfrecord": 27}

_DIRECT = "DirectRunner"
# What each runner can't do without, with an example. Left to its defaults Beam starts a cluster of its own on this
# machine, or a container without our code.
_REQUIRED: dict[str, dict[str, str]] = {
    _DIRECT: {},
    "FlinkRunner": {"flink_master": "http://HOST:8081"},
    "SparkRunner": {"spark_master_url": "spark://HOST:7077"},
    "DataflowRunner": {
        "project": "PROJECT",
        "region": "REGION",
        "temp_location": "gs://BUCKET/FOLDER",
        "sdk_container_image": "REGISTRY/widedeep-tfx:TAG",
    },
    "PortableRunner": {"job_endpoint": "HOST:8099"},
}
# Where the Python code of a portable runner is executed, with an example of the environment_config that it needs.
_ENVIRONMENTS = {
    "EXTERNAL": "localhost:50000",
    "DOCKER": "REGISTRY/widedeep-tfx:TAG",
    "PROCESS": '{"command": "COMMAND"}',
    "LOOPBACK": None,
}
# Masters inside the process that starts the run, which then is the worker too.
_OWN_MASTER = re.compile(r"\[(local|auto)\]|local(\[.+\])?")


class BeamOptions(Strict):
    """How Beam runs the data steps.

    `auto` runs them in this process for a small input and with a process a core for a large one: each has graphs to
    trace and rows to hand over, which takes seconds a run. The limit was measured on two cores.
    """

    mode: Literal["auto", "in_memory", "multi_processing"] = Field("auto", description="of the direct runner")
    options: tuple[str, ...] = Field((), description="any options of Beam, as --runner=FlinkRunner")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for option in self.options:
            if not re.match(r"--\w+(=|$)", option):
                raise ValueError(f"options: '{option}' is no option of Beam: write --name=value, or --name alone")
        runner, values = self.runner, values_of(self.options)
        if "job_name" in values:
            raise ValueError("options: --job_name is taken: by its own name a step finds the jobs that it must end")
        if runner not in _REQUIRED:
            raise ValueError(f"options: there is no runner '{runner}': {nearest(runner, _REQUIRED)}")
        if runner != _DIRECT and self.mode != "auto":
            raise ValueError(f"mode is {self.mode}, which is the {_DIRECT}'s, but the options say --runner={runner}")
        missing = [f"--{name}={example}" for name, example in _required(runner, values).items() if not values.get(name)]
        if missing:
            raise ValueError(f"options: {runner} needs {' and '.join(missing)}")
        environment = values.get("environment_type", "LOOPBACK")
        if environment not in _ENVIRONMENTS:
            raise ValueError(
                f"options: there is no environment_type '{environment}': {nearest(environment, _ENVIRONMENTS)}"
            )
        return self

    @property
    def runner(self) -> str:
        """Name of the runner; as in Beam, the last one given counts."""
        return values_of(self.options).get("runner", _DIRECT)


def multi_processing_bytes(file_format: str, cores: int) -> float:
    """The input size from which a process a core pays; infinite where it never does, and for queries.

    In one process the data steps of MovieLens took 87 us a row; in two, on two cores, 49 us, and some 15 s more in all
    (AMD EPYC, on a slow day; benchmarks/data/beam_modes.py). With more cores by calculation: n rows take as long in
    both where 87 us n = 98 us n / cores + 15 s, so that n is 170,000 / (1 - 1.13 / cores).
    """
    if cores == 1 or file_format not in _ROW_BYTES:
        return math.inf
    return 170_000 * _ROW_BYTES[file_format] / (1 - 1.13 / cores)


def beam_args(options: BeamOptions, file_format: str, input_bytes: int) -> list[str]:
    """Beam's command-line options for an input of this format and size on disk."""
    given = values_of(options.options)
    # TFX otherwise packs its own sources for remote workers at every step, which takes seconds each: the direct runner
    # has no such workers, and those of a pool that runs already (EXTERNAL) install nothing.
    packs = options.runner != _DIRECT and given.get("environment_type") != "EXTERNAL"
    container = [] if packs or "sdk_container_image" in given else ["--sdk_container_image=none"]
    if options.runner != _DIRECT:
        return [*container, *options.options]
    mode = options.mode
    if mode == "auto":
        pays = input_bytes >= multi_processing_bytes(file_format, os.cpu_count() or 1)
        mode = "multi_processing" if pays else "in_memory"
    return [
        f"--runner={_ENGINE}",
        f"--direct_running_mode={mode}",
        # 0 workers: one a core.
        f"--direct_num_workers={0 if mode == 'multi_processing' else 1}",
        *container,
        # A later option wins, so the person's own come last.
        *(option for option in options.options if option != f"--runner={_DIRECT}"),
    ]


def uses_processes(arguments: Sequence[str]) -> bool:
    """Whether Beam starts worker processes on this machine, by what `beam_args` returned."""
    return values_of(arguments).get("direct_running_mode") == "multi_processing"


def values_of(options: Sequence[str]) -> dict[str, str]:
    """Values by option, as in Beam the last one given; "true" where an option stands alone."""
    parts = (option.removeprefix("--").partition("=") for option in options)
    return {name: value if equals else "true" for name, equals, value in parts}


def _required(runner: str, values: dict[str, str]) -> dict[str, str]:
    """The options that a runner can't do without, given the values of others; with an example each."""
    required = dict(_REQUIRED[runner])
    if runner == "SparkRunner" and "spark_submit_uber_jar" in values:
        required = {"spark_rest_url": "http://HOST:6066"}
    master = values.get("flink_master", values.get("spark_master_url", ""))
    if runner in (_DIRECT, "DataflowRunner") or _OWN_MASTER.fullmatch(master):
        return required
    required["environment_type"] = "EXTERNAL"
    config = _ENVIRONMENTS.get(values.get("environment_type", "EXTERNAL"))
    if config and not {"environment_options", "sdk_container_image"} & values.keys():
        required["environment_config"] = config
    return required
