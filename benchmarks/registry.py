"""The benchmarks by name. What each measures is the first line of its module; how, the rest of it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drafts import tables as drafts
from benchmarks.harness.figures import Figure
from benchmarks.online import tables as online
from benchmarks.pipelines import tables as pipelines
from benchmarks.serving import tables as serving
from benchmarks.training import tables as training
from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import nearest

_MOVIELENS = "data/movielens, or PyPI to fetch it from"
_PEERS = "Python 3.11 and PyPI for an environment of the peers, built once"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        module: to run.
        minutes: that it takes on two cores, roughly.
        needs: beside this checkout.
        tables: of what its figures have in their details, in Markdown.
    """

    module: str
    minutes: int
    needs: str
    tables: Callable[[Sequence[Figure]], list[str]] = lambda _: []

    @property
    def measures(self) -> str:
        """What it measures. Reads the module without importing it: that could take TensorFlow's ten seconds."""
        docstring = ast.get_docstring(ast.parse(source(self.module).read_text()))
        assert docstring is not None
        return docstring.splitlines()[0]


BENCHMARKS = {
    "step_cost": Benchmark("benchmarks.training.step_cost", 10, _PEERS, training.step_cost),
    "criteo_shape": Benchmark(
        "benchmarks.training.criteo_shape",
        15,
        "Python 3.11 and PyPI for the peers' environments, built once, 8 GB of disk",
        training.criteo_shape,
    ),
    "defaults": Benchmark(
        "benchmarks.training.defaults", 30, "PyPI for three data sets, the originals of three others", training.defaults
    ),
    "options": Benchmark(
        "benchmarks.training.options", 45, "PyPI for three data sets, the originals of three others", training.options
    ),
    "estimator": Benchmark("benchmarks.training.estimator", 10, f"{_MOVIELENS}; {_PEERS}"),
    "workers": Benchmark("benchmarks.training.workers", 5, "a run of schema/movielens/pipeline.yaml in work/movielens"),
    "transform": Benchmark("benchmarks.data.transform", 15, _MOVIELENS),
    "layouts": Benchmark("benchmarks.data.layouts", 5, "a run of schema/movielens/pipeline.yaml in work/movielens"),
    "beam_modes": Benchmark("benchmarks.data.beam_modes", 20, _MOVIELENS),
    "beam_elsewhere": Benchmark("benchmarks.data.beam_elsewhere", 30, f"{_MOVIELENS}; a cluster for Beam"),
    "quality": Benchmark("benchmarks.pipelines.quality", 20, "PyPI for two data sets", pipelines.quality),
    "drafts": Benchmark(
        "benchmarks.drafts.suite",
        30,
        f"PyPI for three data sets, the originals of three others; {_PEERS}",
        drafts.drafts,
    ),
    "days": Benchmark("benchmarks.pipelines.days", 15, _MOVIELENS, pipelines.days),
    "appstore": Benchmark("benchmarks.pipelines.appstore", 60, "nothing more", pipelines.appstore),
    "learnable": Benchmark("benchmarks.pipelines.learnable", 1, "nothing more", pipelines.learnable),
    "growth": Benchmark("benchmarks.pipelines.growth", 20, "nothing more", pipelines.growth),
    "batch_scores": Benchmark(
        "benchmarks.pipelines.batch_scores", 5, "a run of schema/movielens/pipeline.yaml in work/movielens"
    ),
    "online": Benchmark("benchmarks.online", 40, "nothing more", online.online),
    "volume": Benchmark("benchmarks.online.volume", 15, "3 GB of disk"),
    "log_cost": Benchmark("benchmarks.online.log_cost", 9, "a run of schema/movielens/pipeline.yaml in work/movielens"),
    "taxi": Benchmark("benchmarks.pipelines.taxi", 5, "nothing more"),
    "serving": Benchmark("benchmarks.serving.suite", 15, _MOVIELENS, serving.serving),
}


def source(module: str) -> Path:
    """The file of a module."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name.

    Raises:
        ConfigError: there is none; the message has the nearest name.
    """
    if name not in BENCHMARKS:
        raise ConfigError(f"unknown benchmark '{name}': {nearest(name, BENCHMARKS)}")
    return BENCHMARKS[name]
