"""Executors that never end by themselves, and write to a file of their environment which process they are."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import apache_beam as beam
from tfx.dsl.components.base import base_beam_executor, base_executor

from widedeep.components.trainer.workers.supervision import train_together

FILE = "WAITING_EXECUTOR"


def _tell() -> Path:
    file = Path(os.environ[FILE])
    file.write_text(str(os.getpid()))
    return file


class BeamExecutor(base_beam_executor.BaseBeamExecutor):
    """As one that waits for its job."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        _tell()
        signal.pause()


class PipelineExecutor(base_beam_executor.BaseBeamExecutor):
    """One whose job waits in a worker."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        _tell()
        with self._make_beam_pipeline() as pipeline:
            pipeline | beam.Create([600]) | beam.Map(time.sleep)


class TrainerExecutor(base_executor.BaseExecutor):
    """As one that waits for its workers."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        train_together({}, str(_tell().with_name("mail")), 2)
