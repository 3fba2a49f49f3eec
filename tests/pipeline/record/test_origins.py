"""What a model was made of, in words."""

from __future__ import annotations

from widedeep.components.pusher.version_info import Baseline, Data, Lineage
from widedeep.pipeline.record.origins import origins


def test_a_pushed_model_tells_what_it_was_made_of() -> None:
    lineage = Lineage(
        data=[
            Data(span=3, version=None, fingerprint="a", uri="examples/7"),
            Data(span=0, version=None, fingerprint="b", uri="examples/9"),
        ],
        baseline=Baseline(id=5, version=2, uri="model/5"),
        code={"transform": "ab", "ingest": "cd"},
        libraries={"tfx": "1.21.0"},
    )
    assert origins("run-1", lineage) == [
        ("run", "run-1"),
        ("data", "span 3, examples/7"),
        ("data", "examples/9"),
        ("baseline", "version 2, model/5"),
        ("code of ingest", "cd"),
        ("code of transform", "ab"),
        ("tfx", "1.21.0"),
    ]
    assert origins("run-1", lineage.model_copy(update={"baseline": None}))[3][0] == "code of ingest"


def test_a_model_that_was_not_pushed_tells_its_run() -> None:
    assert origins("run-1", None) == [("run", "run-1")]
