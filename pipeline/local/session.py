"""One run from the person's point of view: progress while it lasts, and one readable paragraph where it fails."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.process import forked_worker
from widedeep.pipeline.definition.config import PipelineConfig, by_span
from widedeep.pipeline.launcher.termination import TerminatedError
from widedeep.pipeline.local.admission import admit, check_metadata
from widedeep.pipeline.local.early_workers import start_workers_ahead
from widedeep.pipeline.local.output_log import log_output
from widedeep.pipeline.local.progress_display import ProgressDisplay, spinner
from widedeep.pipeline.local.workdir import Workdir, lock

if TYPE_CHECKING:
    from widedeep.pipeline.local.runner import LocalRun, NodeRun


class RunFailedError(WideDeepError):
    """A run that did not end well, told in one paragraph."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Session:
    """A run that is ready to go, its folder, and what shows its nodes' progress.

    Before it go the runs of a range's `earlier` spans.
    """

    run: LocalRun
    folder: Path
    display: ProgressDisplay
    earlier: Sequence[LocalRun] = ()

    def execute(self, last: str | None = None) -> None:
        """Runs the nodes up to and with `last`; of a range's earlier spans those that take the data in.

        Raises:
            NodeFailedError: from what a node raised; what comes after it has not run.
        """
        for run in self.earlier:
            run.execute(self.show, last="DataGate")
        self.run.execute(self.show, last)

    def show(self, node: NodeRun) -> None:
        """Shows that a node started or ended."""
        self.display.show_node(node.id, node.state, node.seconds)


@contextmanager
def open_session(config: PipelineConfig, path: Path | None) -> Iterator[Session]:
    """Opens a working directory (work/NAME where none is given) and prepares a run in it.

    While it is open, all output goes to the run's log, and the progress to the person.

    Raises:
        WideDeepError: the run could not start, or a component failed; the message is what to show.
    """
    with lock(path or Path("work") / config.name) as workdir:
        admit(config, workdir)
        folder = workdir.new_run()
        log = folder / "log.txt"
        with log_output(log) as console:
            # Paths as Text: a part of them may look like Rich's markup.
            console.print(Text.assemble((config.name, "bold"), f"  run {folder.name}  log {log}"))
            try:
                with spinner(console, "loading TensorFlow, Beam and TFX"):
                    start_workers_ahead(config)
                    from widedeep.pipeline.local import runner
                *earlier, run = [
                    runner.prepare(span_config, workdir, _run_id(folder, span_config, in_range=bool(config.data.spans)))
                    for span_config in by_span(config)
                ]
                with ProgressDisplay(console) as display:
                    yield Session(run, folder, display, earlier)
            except (KeyboardInterrupt, TerminatedError) as end:
                terminated = isinstance(end, TerminatedError)
                what = "Terminated" if terminated else "Interrupted"
                console.print(Text(f"{what}. The same command carries on from here. Log: {log}"))
                # Threads of Beam and gRPC would keep the process from ending.
                os._exit(128 + signal.SIGTERM if terminated else 1)
            except WideDeepError:
                raise
            except Exception as error:
                raise _run_failed(error, log, workdir) from error
            finally:
                forked_worker.server.end()


def _run_id(folder: Path, config: PipelineConfig, in_range: bool) -> str:
    return f"{folder.name}-span-{config.data.span}" if in_range else folder.name


def _run_failed(error: Exception, log: Path, workdir: Workdir) -> RunFailedError:
    from widedeep.pipeline.local.runner import NodeFailedError

    trace = f"The whole trace is in the log: {log}"
    if not isinstance(error, NodeFailedError):
        logging.exception("the run failed outside of a component")
        return RunFailedError(f"{_first_line(error)}\n{trace}", 1)
    cause = error.__cause__
    if isinstance(cause, WideDeepError):
        return RunFailedError(f"{error.node} stopped: {cause}\nNothing was pushed. Log: {log}", cause.exit_code)
    return RunFailedError(f"{error.node} failed: {_first_line(cause)}\nNothing was pushed{_kept(workdir)} {trace}", 1)


def _kept(workdir: Workdir) -> str:
    """What the next run can build on."""
    try:
        check_metadata(workdir)
    except WideDeepError as problem:
        return f". {problem}"
    return "; what had run before is kept, and the same command carries on from there."


def _first_line(error: BaseException | None) -> str:
    # gRPC's own text begins with a line that names nothing.
    code, details = (getattr(error, name, None) for name in ("code", "details"))
    text = f"{code().name}: {details()}" if callable(code) and callable(details) else str(error)
    lines = text.strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:500]}"
