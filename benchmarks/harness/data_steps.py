"""The data steps that a model needs, run by the local runner in this process.

    python -m benchmarks.harness.data_steps SETTINGS.json

SETTINGS: features (the declaration's file), data (folder of train, eval and test), mode (Beam's), workdir, last (the
step to end with), out (file for the answer: the seconds of each step, and the resident bytes before the first).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from benchmarks.harness.memory import resident
from widedeep.components.common.process import lean_imports
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.local.early_workers import start_workers_ahead
from widedeep.pipeline.local.workdir import Workdir

# Checks of the data (statistics, anomalies, the gate) are left out: what is measured beside these has none.
STEPS = ("ExampleGen", "ImportSchemaGen", "Transform")
SPLITS = ("train", "eval", "test")

Mode = Literal["auto", "in_memory", "multi_processing"]


def settings(features: Path, data: Path, mode: Mode = "auto") -> PipelineConfig:
    """A pipeline over the Parquet files of a folder's three splits."""
    splits = {split: f"{split}/*" for split in SPLITS}
    options = DataOptions(path=str(data), format="parquet", splits=splits)
    return PipelineConfig(name="benchmark", features=str(features), data=options, beam=BeamOptions(mode=mode))


class DataSteps:
    """A pipeline cut down to some steps."""

    def __init__(self, config: PipelineConfig, folder: Path, steps: Sequence[str] = STEPS) -> None:
        """Compiles it; TFX is imported here, and by the workers' server meanwhile, as `widedeep run` does it.

        Args:
            config: of the whole pipeline.
            folder: a working directory; steps that ran there before, unchanged, are taken from its cache.
            steps: that are kept.
        """
        lean_imports.install()
        start_workers_ahead(config)
        from widedeep.pipeline.local import runner

        folder.mkdir(parents=True, exist_ok=True)
        workdir = Workdir(folder.resolve())
        self._run = runner.prepare(config, workdir, workdir.new_run().name)
        kept = [node for node in self._run.pipeline.nodes if node.pipeline_node.node_info.id in steps]
        del self._run.pipeline.nodes[:]
        self._run.pipeline.nodes.extend(kept)

    def execute(self, last: str) -> dict[str, float]:
        """Runs the steps up to `last`; returns the seconds of each."""
        self._run.execute(lambda _: None, last=last)
        return {node.id: node.seconds for node in self._run.nodes}

    def outputs(self) -> dict[str, Any]:
        """The artifacts of the step that ran last, by their names."""
        from widedeep.components.metadata.artifacts import outputs
        from widedeep.components.metadata.connection import open_store

        execution = self._run.nodes[-1].execution_id
        assert execution is not None
        with open_store(self._run.connection) as store:
            return outputs(store, execution)


def main() -> None:
    """Runs the steps and writes the answer."""
    given = json.loads(Path(sys.argv[1]).read_text())
    config = settings(Path(given["features"]), Path(given["data"]), given["mode"])
    steps = DataSteps(config, Path(given["workdir"]))
    before = resident(os.getpid())
    seconds = steps.execute(given["last"])
    Path(given["out"]).write_text(json.dumps({"seconds": seconds, "resident_before": before}))


if __name__ == "__main__":
    main()
