"""Messages stay short and readable, through Beam's workers too."""

from __future__ import annotations

import functools
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.common.errors import ConfigError, DataError, GateError, WideDeepError, reason, shown, unwrap
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files

BEAM_TEXT = """Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1512, in apache_beam.runners.common.DoFnRunner.process
widedeep.components.common.errors.GateError: the data does not fit:
  - one
  - two

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 687, in apache_beam.runners.common.SimpleInvoker.invoke_process
widedeep.components.common.errors.GateError: the data does not fit:
  - one
  - two [while running 'Convert-ptransform-12']

"""
# Of Prism 2.77, less some lines of the traces.
PRISM_TEXT = """\
Pipeline job-025 failed in state FAILED: bundle inst002 stage-002 failed:Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1512, in apache_beam.runners.common.DoFnRunner.process
  File "/app/widedeep/components/ingest/raw_files.py", line 159, in _converted
    raise value_error(path, row, name, error, _hint(error.value, kind, self.file_format)) from None
widedeep.components.common.errors.DataError: /data/a.csv, row 17, column 'trip_miles': 'forty' is not a number.

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/apache_beam/runners/worker/sdk_worker.py", line 310, in _execute
    response = task()
               ^^^^^^
  File "/app/widedeep/components/ingest/raw_files.py", line 159, in _converted
    raise value_error(path, row, name, error, _hint(error.value, kind, self.file_format)) from None
widedeep.components.common.errors.DataError: /data/a.csv, row 17, column 'trip_miles': 'forty' is not a number. \
[while running 'Convert-ptransform-13']

"""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a'b", '"a\'b"'),
        (b"abc", "'abc'"),
        (b"\xff", "b'\\xff'"),
        (1.5, "1.5"),
        (None, "None"),
        ("x" * 78, "'" + "x" * 78 + "'"),
        ("x" * 79, "'" + "x" * 59 + "... (79 characters)"),
        (b"x" * 1_000_000, "'" + "x" * 59 + "... (1,000,000 characters)"),
        (b"\xff" * 100, "b'" + "\\xff" * 14 + "\\x" + "... (100 bytes)"),
    ],
)
def test_shown_is_short(value: object, text: str) -> None:
    assert shown(value) == text


def test_reason_is_short() -> None:
    assert reason(ValueError("a\nb. ")) == "a\nb"
    assert reason("x" * 1000) == "x" * 300 + "... (1,000 characters)"


def test_exit_codes() -> None:
    codes = [kind("").exit_code for kind in (WideDeepError, ConfigError, DataError, GateError)]
    assert codes == [1, 2, 1, 1]


def test_unwrapped_out_of_a_workers_text() -> None:
    error = unwrap(RuntimeError(BEAM_TEXT))
    assert type(error) is GateError
    assert str(error) == "the data does not fit:\n  - one\n  - two"


def test_unwrapped_out_of_what_prism_says() -> None:
    error = unwrap(RuntimeError(PRISM_TEXT))
    assert type(error) is DataError
    assert str(error) == "/data/a.csv, row 17, column 'trip_miles': 'forty' is not a number."


def test_unwrapped_drops_the_steps_name() -> None:
    error = unwrap(DataError("row 3: [while it ran] [while running 'Convert']"))
    assert type(error) is DataError
    assert str(error) == "row 3: [while it ran]"


def test_unwrapped_follows_causes_and_contexts() -> None:
    inner = DataError("inner")
    middle, outer = ValueError("middle"), RuntimeError("outer")
    middle.__cause__ = inner
    outer.__context__ = middle
    assert unwrap(outer) is inner


def test_unwrapped_leaves_other_errors() -> None:
    other = ValueError("widedeep.components.common.errors are fine")
    assert unwrap(other) is other
    loop = ValueError("a")
    loop.__context__ = RuntimeError("b")
    loop.__context__.__context__ = loop
    assert unwrap(loop) is loop


@pytest.mark.parametrize("mode", ["in_memory", "multi_processing"])
def test_error_in_a_beam_worker_reaches_the_caller(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("age,label\n1,0\nabc,1\n")
    declared = {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
    spec = FeatureSpec.model_validate({"label": {"key": "label"}, "features": [declared]})
    engine = "--runner=widedeep.components.common.process.direct_engine.DirectEngine"
    options = [engine, f"--direct_running_mode={mode}", "--direct_num_workers=2", "--sdk_container_image=none"]
    # A function of ours, since workers of another process can't import a test.
    read = functools.partial(raw_files.read, file_format="csv", spec=spec)
    pipeline = beam.Pipeline(options=PipelineOptions(options))
    pipeline | beam.Create([str(path)]) | beam.Reshuffle() | beam.FlatMap(read)
    with pytest.raises(Exception) as caught:
        pipeline.run().wait_until_finish()
    error = unwrap(caught.value)
    assert type(error) is DataError
    assert str(error) == f"{path}, row 2, column 'age': 'abc' is not a number."


def test_unwrapped_drops_javas_trace() -> None:
    """As a job service of Flink's quotes it."""
    frame = "\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient.handle(FnApiControlClient.java:180)"
    text = f"java.lang.RuntimeException: Error received from SDK harness: Traceback\n{DataError.__module__}.DataError: "
    unwrapped = unwrap(RuntimeError(f"{text}row 17:\n  - it is wrong\n\n{frame}\n{frame}"))
    assert (type(unwrapped), str(unwrapped)) == (DataError, "row 17:\n  - it is wrong")
