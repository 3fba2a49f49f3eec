"""Ends what a killed executor left on a cluster: python -m widedeep.pipeline.kubeflow.step.left_behind PARENT FOLDER.

A process of its own, as the executor had one: the container's has neither Beam nor Kubernetes' client.
"""

from __future__ import annotations

import sys
from pathlib import Path

from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.parent import die_with
from widedeep.pipeline.kubeflow.step.process_exit import run_and_exit


def clear(folder: Path) -> None:
    """Ends the executor's Beam job and the Job of its workers.

    Args:
        folder: in which it was told what to do.
    """
    from tfx.proto.orchestration import executable_spec_pb2

    from widedeep.pipeline.kubeflow.step.subprocess_executor import NOTE, read_spec
    from widedeep.pipeline.kubeflow.workers.removal import take_away_named
    from widedeep.pipeline.launcher.cluster_jobs import end_jobs
    from widedeep.pipeline.launcher.job_operator import beam_options

    spec, note = read_spec(folder), folder / NOTE
    if isinstance(spec, executable_spec_pb2.BeamExecutableSpec):
        end_jobs(beam_options(spec), "whose executor was killed")
    if note.exists():
        take_away_named(note.read_text())


if __name__ == "__main__":
    exchange, parent = Path(sys.argv.pop()), int(sys.argv.pop())
    die_with(parent)
    lean_imports.install()
    run_and_exit(lambda: clear(exchange))
