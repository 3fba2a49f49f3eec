"""What is told of a job that failed elsewhere: the runner's words, where to look, and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent import futures

import apache_beam as beam
import grpc
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.common.errors import DataError
from widedeep.pipeline.launcher.failed_jobs import JobFailedError, told

NAME = "widedeep-taxi-transform-0a1b2c3d"
POOL = ("--environment_type=EXTERNAL", "--environment_config=localhost:50000")
LOGS = "see the logs of the worker pool at localhost:50000 and of the runner. The same command carries on from here."
# Of Prism 2.77, whose workers were killed, at work and as they came.
LOST = (
    "bundle inst001 stage-001 failed:SDK worker disconnected: "
    "worker[job-001[job]_ref_Environment_default_environment_1], 1 active instructions, error: context canceled"
)
NEVER_CAME = (
    "jobFailed job-001[job]: prism worker[job-001[job]_ref_Environment_default_environment_1] didn't get control "
    "connection to localhost:21883 after 1m0s"
)
# Of Prism 2.77, the folders shortened.
RAISED = """bundle inst002 stage-002 failed:Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1512, in apache_beam.runners.common.DoFnRunner.process
ValueError: no such shop

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "apache_beam/runners/worker/sdk_worker.py", line 310, in _execute
    response = task()
               ^^^^^^
ValueError: no such shop [while running 'Convert-ptransform-12']

"""


def options(*more: str, endpoint: str = "prism:8073") -> list[str]:
    return ["--runner=PortableRunner", f"--job_endpoint={endpoint}", f"--job_name={NAME}", *more]


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody answers."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{closed.getsockname()[1]}"


def words(error: Exception, *more: str) -> str:
    with pytest.raises(JobFailedError) as caught, told(options(*(more or POOL))):
        raise error
    assert caught.value.__cause__ is error
    return str(caught.value)


@pytest.mark.parametrize("said", [LOST, NEVER_CAME])
def test_a_lost_worker_is_told_with_the_job_the_logs_and_what_to_do(said: str) -> None:
    assert words(RuntimeError(f"Pipeline job-001 failed in state FAILED: {said}")) == (
        f"the job job-001 ({NAME}) at prism:8073 failed, and no worker told why: {said}. Most often a worker was "
        f"killed, as where memory runs out: {LOGS}"
    )


def test_an_error_of_a_worker_is_told_without_its_trace() -> None:
    assert words(RuntimeError(f"Pipeline job-001 failed in state FAILED: {RAISED}")) == (
        f"the job job-001 ({NAME}) at prism:8073 failed in a worker: ValueError: no such shop. "
        "The log has the whole trace."
    )


def test_without_a_pool_the_workers_logs_are_named_in_general() -> None:
    said = words(RuntimeError(f"Pipeline job-001 failed in state FAILED: {LOST}"), "--environment_type=DOCKER")
    assert "see the logs of its workers and of the runner." in said


def test_an_error_for_people_is_left_as_it_is() -> None:
    text = "widedeep.components.common.errors.DataError: a.csv, row 17: 'forty' is not a number."
    for error in (
        DataError("a.csv, row 17: 'forty' is not a number."),
        RuntimeError(
            f"Pipeline job-001 failed in state FAILED: bundle failed:Traceback (…):\n{text} [while running 'x']"
        ),
    ):
        with pytest.raises(type(error)) as caught, told(options(*POOL)):
            raise error
        assert caught.value is error


def test_what_no_job_said_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match=r"^the graph is empty$"), told(options(*POOL)):
        raise RuntimeError("the graph is empty")


def test_the_direct_runners_errors_are_left_as_they_are() -> None:
    error = RuntimeError(f"Pipeline job-001 failed in state FAILED: {LOST}")
    with pytest.raises(RuntimeError) as caught, told(["--runner=DirectRunner", f"--job_name={NAME}"]):
        raise error
    assert caught.value is error


def test_a_runner_that_has_ended_is_told(nobody: str) -> None:
    with pytest.raises(JobFailedError) as caught, told(options(*POOL, endpoint=nobody)):
        grpc.insecure_channel(nobody).unary_unary("/job/Get")(b"", timeout=10)
    said = str(caught.value)
    assert said.startswith(f"nothing is heard any more of the job {NAME} at {nobody}: UNAVAILABLE: ")
    assert said.endswith(f". Most often the runner has ended, as where memory runs out: {LOGS}")


def test_a_job_that_beam_gives_up_is_told_with_the_option() -> None:
    def never(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "Stream removed")
        raise AssertionError

    server = grpc.server(futures.ThreadPoolExecutor(1))
    handler = grpc.unary_unary_rpc_method_handler(never)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("job", {"Get": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with pytest.raises(JobFailedError) as caught, told(options(*POOL)):
        grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary("/job/Get")(b"", timeout=10)
    server.stop(None)
    assert str(caught.value) == (
        f"the job {NAME} at prism:8073 has not ended within the 300 s of --job_server_timeout. Where it needs longer, "
        f"give more in beam.options; or it lost a worker, and the runner says nothing of it: {LOGS}"
    )


def test_a_runner_that_is_not_there_is_told_before_anything_runs(nobody: str) -> None:
    given = options("--job_server_timeout=1", "--environment_type=LOOPBACK", endpoint=nobody)
    pipeline = beam.Pipeline(options=PipelineOptions(given))
    pipeline | beam.Create([1])
    with pytest.raises(JobFailedError) as caught, told(given):
        pipeline.run()
    assert str(caught.value) == (
        f"no runner answers at {nobody} within 1 s. Start one there, or mend its address in beam.options."
    )
