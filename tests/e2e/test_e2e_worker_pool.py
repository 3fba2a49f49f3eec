"""The image's entry point as Beam's worker pool, here without the image: a pipeline's code runs in its processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from calls import free_port, plain
from harness import ROOT
from worker_pool import DRIVER, check


def test_a_pipeline_runs_in_the_processes_of_the_pool(tmp_path: Path) -> None:
    port, written = free_port(), tmp_path / "sums"
    here = {**plain(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [ROOT / "tools" / "entrypoint", "--worker_pool", f"--service_port={port}"],
        env={**here, "ROLE": "worker"},
        stderr=subprocess.DEVNULL,
    ) as pool:
        try:
            subprocess.run(
                [sys.executable, "-c", DRIVER, str(port), str(written)],
                env={**here, "ROLE": "driver"},
                check=True,
                timeout=240,
            )
        finally:
            pool.terminate()
    check(written)
