"""A node's turn: its definition, its launch, and how it truly ended. (Apart, since it imports TFX and TensorFlow.)"""

from __future__ import annotations

import time

from rich.console import Console

from components import progress
from pipeline.config import PipelineConfig
from pipeline.kubeflow import definition
from pipeline.kubeflow.database import Database, tell
from pipeline.kubeflow.executions import Node, missing, state
from pipeline.kubeflow.launching import launch
from pipeline.kubeflow.turns import Turn
from pipeline.local import input_files
from pipeline.terminal import Watch

# The one node that reads the raw data.
_READER = "ExampleGen"


def run(config: PipelineConfig, node: Node, root: str, models: str, database: Database, turn: Turn) -> None:
    """Runs a node and sees to it that it ended well.

    Raises:
        ConfigError: settings, data path or node are wrong.
        WideDeepError: the node could not start, or another process has taken over.
        Exception: what the executor raised.
    """
    started = time.monotonic()
    pipeline = definition.for_run(definition.build(config, root, models), node.run)
    defined = definition.node_of(pipeline, node.id)
    if node.id == _READER:
        input_files(config)
    with Watch(Console(stderr=True, highlight=False, soft_wrap=True)) as screen, progress.listening(screen.training):
        launch(pipeline, defined, node, database, turn)

    # The launcher returns normally where it found no inputs, and where it skipped the node.
    def outcome() -> str:
        store = database.open()
        ended = node.finished(store)
        if ended is None:
            raise missing(store, node, list(defined.upstream_nodes))
        return state(ended)

    tell(f"{node.id}: {database.retried(outcome)} after {time.monotonic() - started:.1f} s")
