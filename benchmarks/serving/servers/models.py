"""The models that benchmarks/serving/suite.py serves, trained on MovieLens in a process of its own.

    python -m benchmarks.serving.servers.models DATA OUT MODEL...

DATA: folder of train, eval and test. OUT gets a SavedModel for each of those named, of MODELS, with requests of `rank`
to warm up by. A pushed model has them of every signature.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import subprocesses
from benchmarks.harness.data_steps import DataSteps
from benchmarks.serving.traffic.rank_requests import joined, read, requests
from widedeep.components import features
from widedeep.components.trainer.training_options import DeepOptions, TrainingOptions
from widedeep.pipeline.definition import config

SCHEMA = subprocesses.ROOT / "schema" / "movielens"
FEATURES = SCHEMA / "features.yaml"
# Cheng et al. 2016, figure 4.
PAPER = (1024, 512, 256)
MODELS = ("default", "other", "paper")


def options(model: str) -> TrainingOptions:
    """How a model is trained: by the defaults, the same with another seed, or with the paper's layers."""
    # What is served is as large and as fast after one epoch as after many.
    short = TrainingOptions(epochs=1, patience=None)
    changes: dict[str, dict[str, Any]] = {
        "default": {},
        "other": {"seed": short.seed + 1},
        "paper": {"deep": DeepOptions(hidden=PAPER)},
    }
    return short.model_copy(update=changes[model])


def main() -> None:
    """Runs the data steps once, and trains each."""
    data, out, models = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:]
    settings = config.load(SCHEMA / "pipeline.yaml", [f"data.path={data}"])
    with tempfile.TemporaryDirectory() as folder:
        steps = DataSteps(settings, Path(folder))
        steps.execute("Transform")
        made = {name: artifact.uri for name, artifact in steps.outputs().items()}
        for model in models:
            _train(options(model), made, data, out / model)


def _train(training: TrainingOptions, made: dict[str, str], data: Path, out: Path) -> None:
    import tensorflow_transform as tft

    from benchmarks.serving.traffic.predict_requests import example
    from widedeep.components.dryrun import requests as dry_run
    from widedeep.components.dryrun.warmup import write_warmup
    from widedeep.components.trainer.estimator import WideDeepEstimator
    from widedeep.components.trainer.export.signatures import RANK

    def files(split: str) -> list[str]:
        return [f"{made['transformed_examples']}/Split-{split}/*"]

    spec = features.load(FEATURES)
    estimator = WideDeepEstimator(spec, tft.TFTransformOutput(made["transform_graph"]), training)
    estimator.train(files("train"), files("eval"))
    estimator.export(str(out))
    [first, *_] = requests(read(data), spec, dry_run.SIZE)
    rows = [example(spec, row).SerializeToString() for row in joined(first)]
    write_warmup(str(out), [request.message for request in dry_run.make_requests(spec, [RANK], rows)])


if __name__ == "__main__":
    main()
