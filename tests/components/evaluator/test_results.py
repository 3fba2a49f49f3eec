"""What is written of an evaluation is read back, or refused in words."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from widedeep.components.common.errors import RecordError
from widedeep.components.evaluator import results
from widedeep.components.evaluator.measurement import Estimate, Part
from widedeep.components.evaluator.plots import PLOTS, Plots

EVALUATION = results.Evaluation(
    blessed=False,
    metrics={"candidate": {"auc": 0.75}},
    slices={"a=b": {"candidate": {"auc": 0.5}}},
    refusals=["no"],
    warnings=["perhaps"],
    confidence=0.95,
    intervals={"candidate": {"auc": (0.7, 0.8)}},
    slice_intervals={"a=b": {"candidate": {"auc": (0.4, 0.6)}}},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    EVALUATION.write(tmp_path / results.VERDICT)
    Plots().write(tmp_path / PLOTS)
    assert results.read(str(tmp_path)) == EVALUATION
    assert results.read_plots(str(tmp_path)) == Plots()


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_metric_that_is_no_number_is_null_in_the_file(number: float) -> None:
    part = Part(10, {"auc": Estimate(number, math.nan, math.nan)})
    evaluation = results.Evaluation(
        blessed=True, metrics=part.values(), slices={"a=b": part.values()}, intervals=part.intervals()
    )
    written = json.loads(evaluation.text())
    assert written["metrics"] == written["slices"]["a=b"] == {"candidate": {"auc": None, "rows": 10}}
    assert written["intervals"] == {"candidate": {}}
    assert results.Evaluation.parse(evaluation.text(), "here").metrics["candidate"]["auc"] is None


def test_a_model_that_nobody_knows_is_refused() -> None:
    with pytest.raises(RecordError, match=r"metrics\.candidat.*: unknown model 'candidat': did you mean 'candidate'"):
        results.Evaluation.parse(json.dumps({"blessed": True, "metrics": {"candidat": {}}}), "verdict.json")
