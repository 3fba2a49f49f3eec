"""The compiled pipelines that lie in the repository: `python -m tools.compiled_specs` writes them again.

One is there to look at, `kubeflow/movielens.yaml`. All of them show in a review what a change does to what runs on a
cluster.
"""

from __future__ import annotations

from pathlib import Path

from widedeep.pipeline.definition import config
from widedeep.pipeline.kubeflow.compiler import spec

ROOT = Path(__file__).resolve().parents[1]
_TESTS = "tests/pipeline/kubeflow/compiler/specs"
# Days in folders, three of which are trained on, a search before, and rows that a server was asked for.
_ALL_NODES = (
    "name=all-nodes",
    "data.splits={train: 'day-{SPAN}/train/*', eval: 'day-{SPAN}/eval/*', test: 'day-{SPAN}/test/*'}",
    "data.window=3",
    "data.serving='asked-{SPAN}/*'",
    "tuning={trials: 4, space: {wide.l1: {low: 0.1, high: 10, log: true}}}",
)
# By file: the data set's folder in schema/, and the settings that are changed.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "kubeflow/movielens.yaml": ("movielens", ()),
    f"{_TESTS}/census.yaml": ("census", ()),
    f"{_TESTS}/taxi.yaml": ("taxi", ()),
    f"{_TESTS}/all-nodes.yaml": ("movielens", _ALL_NODES),
}


def write(file: str, out: Path) -> None:
    """Compiles one of the files.

    Args:
        file: its name.
        out: where it goes.
    """
    data_set, settings = FILES[file]
    pipeline = ROOT / "schema" / data_set / "pipeline.yaml"
    spec.write(config.load(pipeline, settings), pipeline, settings, out)


def main() -> None:
    """Writes all of them."""
    for file in FILES:
        (ROOT / file).parent.mkdir(exist_ok=True)
        write(file, ROOT / file)
        print(file)


if __name__ == "__main__":
    main()
