"""ExampleGen: TFX's file-based one (spans, versions, fingerprints of the input) with our reading and checking."""

from __future__ import annotations

from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec

from widedeep.components.ingest.executor import Executor


class ExampleGen(FileBasedExampleGen):
    """CSV, Parquet or TFRecord in, checked tf.Examples out."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
