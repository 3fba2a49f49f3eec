"""Worker processes of the direct runner, whose end is noticed."""

from __future__ import annotations

import logging
import os
import signal
import threading

from apache_beam.portability.api import beam_fn_api_pb2
from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler
from google.protobuf import json_format, text_format

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.process.forked_worker import ForkedWorker

# Between two looks at what has been asked of a worker that is gone.
_LOOK_SECONDS = 0.5
# A worker ends at once when it is told to. What it still does is of no use.
_END_SECONDS = 10.0


class WorkerProcess(GrpcWorkerHandler):
    """A worker process, for which whatever is asked of it fails once it has ended.

    Beam's own handler waits for ever: for the answers of one that the system killed or that could not start, and at the
    end for one that had not begun.
    """

    def __init__(self, _command: bytes, *of_the_runner: object) -> None:
        """Takes what Beam gives any handler; the worker is forked, whatever the command."""
        super().__init__(*of_the_runner)
        self._closing = threading.Event()

    def start_worker(self) -> None:
        """Starts the process, and a thread that waits for its end."""
        said = {
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.control_api_service_descriptor()),
            "LOGGING_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.logging_api_service_descriptor()),
            "PIPELINE_OPTIONS": json_format.MessageToJson(self.provision_info.provision_info.pipeline_options),
            "WORKER_ID": self.worker_id,
        }
        self._worker = ForkedWorker(os.environ | said)
        self._waiting = threading.Thread(name="worker_process", target=self._wait)
        self._waiting.start()

    def close(self) -> None:
        """Has the process end."""
        self._closing.set()
        # One that has not begun yet would not hear of it.
        if self.control_conn._state == self._grpc_server.control_handler.UNSTARTED_STATE:
            self._worker.kill()
        super().close()

    def stop_worker(self) -> None:
        """Waits until it has."""
        self._waiting.join(_END_SECONDS)
        self._worker.kill()
        self._waiting.join()

    def _wait(self) -> None:
        code = self._worker.wait()
        if self._closing.is_set():
            return
        logging.error("the worker process %s ended with exit code %s.", self._worker.process, code)
        # As Beam hands over what a worker raised.
        error = f"{WideDeepError.__module__}.{WideDeepError.__name__}: {ended(code)}"
        while not self._closing.wait(_LOOK_SECONDS):
            for instruction, future in list(self.control_conn._futures_by_id.items()):
                if not future.is_done():
                    future.set(beam_fn_api_pb2.InstructionResponse(instruction_id=instruction, error=error))


def ended(code: int) -> str:
    """What is said of a worker process that ended unasked; its exit code, or the negative number of a signal."""
    again = "The same command tries again, and keeps the steps that were done."
    if code == -signal.SIGKILL:
        return (
            "a worker process of Beam was killed (SIGKILL), as a rule because the machine had no memory left. One "
            f"process takes less than one a core: beam.mode: in_memory. {again}"
        )
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return f"a worker process of Beam ended {how} before its work was done; the log has what it said. {again}"
