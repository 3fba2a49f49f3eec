"""When a run starts the dry run's server ahead: for a new model, not for a cached one or a run that stops before."""

from __future__ import annotations

from typing import cast

import pytest
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.metadata.connection import Connection
from widedeep.pipeline.local import runner
from widedeep.pipeline.local.launcher import Outcome
from widedeep.pipeline.local.workdir import Workdir


@pytest.mark.parametrize(
    ("state", "last", "wanted", "expected"),
    [
        ("COMPLETE", None, True, ["Trainer", "start", "Evaluator", "end"]),
        ("CACHED", None, True, ["Trainer", "Evaluator", "end"]),
        ("COMPLETE", "Trainer", True, ["Trainer", "end"]),
        ("COMPLETE", None, False, ["Trainer", "Evaluator", "end"]),
    ],
)
def test_the_server_starts_with_a_new_model(
    monkeypatch: pytest.MonkeyPatch, state: str, last: str | None, wanted: bool, expected: list[str]
) -> None:
    seen: list[str] = []

    def run_node(_: object, node: pipeline_pb2.PipelineNode, __: object) -> Outcome:
        seen.append(node.node_info.id)
        return Outcome(state, 1)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "run_node", run_node)
    monkeypatch.setattr(runner.spare, "start", lambda: seen.append("start"))
    monkeypatch.setattr(runner.spare, "end", lambda: seen.append("end"))
    pipeline = pipeline_pb2.Pipeline()
    for name in ("Trainer", "Evaluator"):
        pipeline.nodes.add().pipeline_node.node_info.id = name
    nothing = cast("Workdir", None), "run", pipeline, cast("Connection", None)
    runner.LocalRun(*nothing, spare_server=wanted).execute(lambda _: None, last)
    assert seen == expected
