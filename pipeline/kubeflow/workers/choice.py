"""Whether the workers of a training are pods, as in the Trainer's step, which tells its executor's process so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions

_VARIABLE = "WIDEDEEP_WORKERS_AS_PODS"
_STEP = "Trainer"


def choose_pods(node: str, options: KubeflowOptions) -> None:
    """Has this process and those that it starts train with pods, where the node is the Trainer."""
    if node == _STEP:
        os.environ[_VARIABLE] = options.model_dump_json()


@contextmanager
def chosen_workers(note: Path | None = None) -> Iterator[None]:
    """Workers are pods inside, where that was chosen.

    Args:
        note: file that gets the name of their Job before it is made, for whoever outlives this process.
    """
    given = os.environ.get(_VARIABLE)
    if given is None:
        yield
        return
    # TensorFlow and Kubernetes' client come with it.
    from widedeep.components.trainer.workers.supervision import teams_by
    from widedeep.pipeline.kubeflow.workers.team import start_job

    with teams_by(partial(start_job, KubeflowOptions.model_validate_json(given), note=note)):
        yield
