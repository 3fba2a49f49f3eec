"""One `widedeep run`, from the person's point of view: progress, result, or one readable paragraph."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from components import progress
from components.errors import WideDeepError
from pipeline.config import PipelineConfig
from pipeline.terminal import Watch, logged_to
from pipeline.workdir import Workdir, locked

if TYPE_CHECKING:
    from pipeline.local import NodeRun
    from pipeline.summary import Summary

# Whether more of a metric is better; calibration is best at 1.
_SHOWN = {"auc": 4, "auc_pr": 4, "logloss": 4, "accuracy": 4, "calibration": 3}


class RunFailedError(WideDeepError):
    """A run that did not end well, told in one paragraph."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_session(config: PipelineConfig, path: Path) -> Summary:
    """Runs a pipeline in a working directory, shows it, and records it in the run's folder.

    Raises:
        WideDeepError: the run could not start, or a component failed; the message is what to show.
    """
    with locked(path) as workdir:
        folder = workdir.new_run()
        log = folder / "log.txt"
        with logged_to(log) as console:
            console.print(f"[bold]{config.name}[/]  run {folder.name}  log {log}")
            try:
                summary = _watched(config, workdir, folder, console)
            except KeyboardInterrupt:
                console.print(f"Interrupted. The same command carries on from here. Log: {log}")
                # Beam's worker threads would keep the process from ending.
                os._exit(1)
            except WideDeepError:
                raise
            except Exception as error:
                logging.exception("the run failed outside of a component")
                raise RunFailedError(f"{_first_line(error)} The whole trace is in the log: {log}", 1) from error
        _show(summary, workdir)
    return summary


def _watched(config: PipelineConfig, workdir: Workdir, folder: Path, console: Console) -> Summary:
    with console.status("loading TensorFlow, Beam and TFX"):
        from pipeline import local, report
        from pipeline.summary import summarise

    run = local.prepare(config, workdir, folder.name)
    with Watch(console) as watch:
        silence = progress.listen(watch.training)

        def changed(node: NodeRun) -> None:
            watch.node(node.id, node.state, node.seconds)

        try:
            run.execute(changed)
        except local.NodeFailedError as error:
            raise _failed(error, folder / "log.txt") from error
        finally:
            silence()
    summary = summarise(run, folder)
    report.write(summary, Path(summary.report))
    summary.write(folder / "run.json")
    return summary


def _failed(error: Exception, log: Path) -> RunFailedError:
    cause = error.__cause__
    node = error.args[0]
    if isinstance(cause, WideDeepError):
        return RunFailedError(f"{node} stopped: {cause}\nNothing was pushed. Log: {log}", cause.exit_code)
    return RunFailedError(
        f"{node} failed: {_first_line(cause)}\nNothing was pushed; what had run before is kept, "
        f"and the same command carries on from there. The whole trace is in the log: {log}",
        1,
    )


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:500]}"


def _show(summary: Summary, workdir: Workdir) -> None:
    """The result on the standard output."""
    console = Console(highlight=False, soft_wrap=True)
    baseline = summary.metrics.get("baseline")
    table = Table("metric", "candidate", *(["baseline", "change"] if baseline else []), box=None, pad_edge=False)
    for name, digits in _SHOWN.items():
        value = summary.metrics["candidate"][name]
        cells = [name, f"{value:.{digits}f}"]
        if baseline:
            cells += [f"{baseline[name]:.{digits}f}", f"{value - baseline[name]:+.{digits}f}"]
        table.add_row(*cells)
    console.print(table)
    for warning in summary.warnings:
        console.print(f"[yellow]warning[/] {warning}")
    if summary.blessed:
        console.print("[green]blessed[/]: every bound holds")
    for refusal in summary.refusals:
        console.print(f"[red]not blessed[/]: {refusal}")
    if summary.pushed_to:
        name = summary.pipeline
        again = any(node["id"] == "Pusher" and node["state"] == "CACHED" for node in summary.components)
        console.print(f"{'pushed before to' if again else 'pushed to '} {summary.pushed_to}")
        console.print(
            f"serve it   docker run -p 8500:8500 -p 8501:8501 -v {workdir.models}:/models/{name} "
            f"-e MODEL_NAME={name} tensorflow/serving"
        )
    else:
        console.print("not pushed; the version that serves is unchanged")
    console.print(f"report     {summary.report}")
    sys.stdout.flush()
