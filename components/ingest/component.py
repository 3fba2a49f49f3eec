"""ExampleGen: TFX's file-based one (spans, versions) with our fingerprints of the input, reading and checking."""

from __future__ import annotations

from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec

from widedeep.components.ingest.driver import Driver
from widedeep.components.ingest.executor import Executor


class ExampleGen(FileBasedExampleGen):
    """Raw files in, checked tf.Examples out."""

    DRIVER_CLASS = Driver
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
