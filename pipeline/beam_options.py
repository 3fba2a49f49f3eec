"""How Beam runs: in this process, in one a core, or wherever the options say."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.config import BeamOptions

# The engine inside the DirectRunner. Under its own name Beam 2.77 first tries to download the Prism runner's binary
# from the network, at every step, and takes this engine where it can't.
_ENGINE = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
# The input size from which a process a core pays. On 2 cores benchmarks/beam_modes.py gave, for the data steps, 1.41
# of the time in one process at 160,000 MovieLens rows and 1.06 at 480,000: equal at about 600,000, which are so many
# bytes. (Each step starts its workers anew, at 5 to 8 s; more cores pay earlier.)
MULTI_PROCESSING_BYTES = {"parquet": 12 << 20, "csv": 80 << 20, "tfrecord": 16 << 20}


def beam_args(options: BeamOptions, file_format: str, input_bytes: int) -> list[str]:
    """Beam's command-line options for an input of this format and size on disk."""
    given = list(options.options)
    # TFX otherwise packs its own sources for remote workers at every step (2 s each); the direct runner has none.
    container = [] if _sets(given, "sdk_container_image") else ["--sdk_container_image=none"]
    runner = next((option.partition("=")[2] for option in given if option.startswith("--runner=")), "DirectRunner")
    if runner != "DirectRunner":
        return given
    mode = options.mode
    if mode == "auto":
        mode = "multi_processing" if input_bytes >= MULTI_PROCESSING_BYTES[file_format] else "in_memory"
    # 0 workers: one a core.
    workers = 0 if mode == "multi_processing" else 1
    # A later option wins, so the person's own come last.
    given = [option for option in given if option != "--runner=DirectRunner"]
    return [
        f"--runner={_ENGINE}",
        f"--direct_running_mode={mode}",
        f"--direct_num_workers={workers}",
        *container,
        *given,
    ]


def _sets(given: Iterable[str], name: str) -> bool:
    return any(option.split("=")[0] == f"--{name}" for option in given)
