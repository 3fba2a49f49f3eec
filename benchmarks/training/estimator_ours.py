"""Our side of benchmarks/training/estimator.py, in a process of its own.

    python -m benchmarks.training.estimator_ours SETTINGS.json

SETTINGS: data (folder of train, eval and test), features (the declaration's file), training (the Trainer's options),
measure (which splits), out (folder for the answer).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import data_steps
from benchmarks.harness.data_steps import DataSteps
from widedeep.components import features
from widedeep.components.trainer.training_options import TrainingOptions


def main() -> None:
    """Transforms, trains, measures, and writes answer.json to `out`."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    training = TrainingOptions.model_validate(settings["training"])
    declared = Path(settings["features"])
    with tempfile.TemporaryDirectory() as folder:
        steps = DataSteps(data_steps.settings(declared, Path(settings["data"])), Path(folder))
        seconds = steps.execute("Transform")
        made = {name: artifact.uri for name, artifact in steps.outputs().items()}
        answer = _train(declared, training, made, settings["measure"])
    (Path(settings["out"]) / "answer.json").write_text(json.dumps(answer | {"steps": seconds}))


def _train(declared: Path, options: TrainingOptions, made: dict[str, str], measure: list[str]) -> dict[str, Any]:
    import tensorflow as tf
    import tensorflow_transform as tft

    from widedeep.components.trainer.estimator import WideDeepEstimator

    def files(split: str) -> list[str]:
        return [f"{made['transformed_examples']}/Split-{split}/*"]

    estimator = WideDeepEstimator(features.load(declared), tft.TFTransformOutput(made["transform_graph"]), options)
    curve = estimator.train(files("train"), files("eval"))
    return {
        "trained_at": time.monotonic(),
        "passes": [{"seconds": epoch.seconds, "examples": epoch.examples} for epoch in curve],
        "quality": {split: estimator.evaluate(files(split)) for split in measure},
        "versions": {"tensorflow": tf.__version__, "python": sys.version.split()[0]},
    }


if __name__ == "__main__":
    main()
