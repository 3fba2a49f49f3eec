"""Runs one node of the pipeline in a container of a Kubeflow run: python -m widedeep.pipeline.kubeflow.step.run_node.

The same run and node can be given again at any time: after a success nothing runs, after a failure or a kill the node
starts anew. Exits with 0 when the node ended well, with 2 when the settings or the database's address are wrong, and
else with 1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from widedeep.components.common.errors import ConfigError, WideDeepError, unwrap
from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.process_environment import complete_environment
from widedeep.components.metadata.cluster.database import Database, tell
from widedeep.components.metadata.cluster.turns import turn
from widedeep.components.metadata.executions import Node
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.command_options import overrides_option
from widedeep.pipeline.kubeflow.step import page
from widedeep.pipeline.kubeflow.step.process_exit import run_and_exit
from widedeep.pipeline.kubeflow.step.supervisor import supervise
from widedeep.pipeline.kubeflow.training_parameter import NOTHING, as_overrides

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings={"max_content_width": 100})
@click.argument("pipeline", metavar="PIPELINE.yaml", type=_FILE)
@click.option("--node", "node_id", required=True, help="Which node to run.")
@click.option("--run-id", required=True, help="The run that it belongs to.")
@click.option("--root", required=True, help="Folder or gs:// address of the artifacts.")
@click.option("--models", required=True, help="Folder or gs:// address of the pushed versions.")
@click.option(
    "--metadata", required=True, metavar="URL", help="postgresql://HOST:PORT/DATABASE, mysql, or sqlite:///PATH."
)
@overrides_option
@click.option("--training", default=NOTHING, show_default=True, help="Training options by dotted name, as JSON.")
@click.option("--patience", default=300.0, show_default=True, help="Seconds to wait for a database that is away.")
@click.option("--summary", type=_FILE, help="Write what came of it, as Markdown.")
@click.option("--report", type=_FILE, help="Write the run's report, as HTML.")
@click.option("--executor-input", metavar="JSON", help="KFP's, which says where metrics go.")
def command(
    pipeline: Path,
    node_id: str,
    run_id: str,
    root: str,
    models: str,
    metadata: str,
    overrides: tuple[str, ...],
    training: str,
    patience: float,
    summary: Path | None,
    report: Path | None,
    executor_input: str | None,
) -> None:
    """Runs one node of the pipeline that PIPELINE.yaml describes, in one run."""
    files = page.PageFiles(summary, report, executor_input)
    settings = config.load(pipeline, (*overrides, *as_overrides(training, "the run's parameter training")))
    database = Database(metadata, os.environ, patience)
    node = Node(settings.name, run_id, node_id)
    if database.retry(lambda: node.success(database.open())):
        tell(f"{node_id}: has ended well in run {run_id} before; nothing runs.")
    else:
        with turn(database, f"{settings.name}.{node_id}") as held:
            # Who held the turn before may have done it.
            if not database.retry(lambda: node.success(database.open())):
                from widedeep.pipeline.kubeflow.step.node_turn import run

                with _once(node, database):
                    run(settings, node, root, models, database, held, alone=not files.need_tensorflow)
    page.write(files, node, database, settings, root)


@contextmanager
def _once(node: Node, database: Database) -> Iterator[None]:
    """Wrong settings are found once: Kubeflow starts a step anew whatever it exits with."""
    earlier = database.retry(lambda: node.final_error(database.open()))
    if earlier:
        raise ConfigError(
            f"{node.id}: an earlier attempt in run {node.run} ended with wrong settings, which no other attempt mends; "
            f"nothing runs. {earlier} Mend them and start another run."
        )
    try:
        yield
    except Exception as error:
        cause = unwrap(error)
        if isinstance(cause, WideDeepError) and cause.exit_code == ConfigError.exit_code:
            database.retry(lambda: node.mark_final(database.open(), str(cause)))
        raise


def main() -> None:
    """Entry point: tells an error in a sentence, and exits."""
    # Beam and TFX's executors look into sys.argv for flags of their own.
    arguments, sys.argv = sys.argv[1:], sys.argv[:1]
    lean_imports.install()
    supervise(lambda: run_and_exit(lambda: _call(arguments)))


def _call(arguments: list[str]) -> None:
    for told in complete_environment():
        tell(told)
    command(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
