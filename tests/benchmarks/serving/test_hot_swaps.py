"""An answer is wholly of the version that it names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving import hot_swaps, version_check
from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client.ranking import RankedCandidate, Ranking

EVEN, ODD = np.array([0.25, 0.5, 0.75]), np.array([0.125, 0.5625, 0.875])


def _ranking(version: int | None, scores: list[float]) -> Ranking:
    return Ranking(tuple(RankedCandidate(index, score) for index, score in reversed(list(enumerate(scores)))), version)


@pytest.mark.parametrize(
    ("version", "scores", "said"),
    [
        (4, [0.25, 0.5, 0.750009], None),
        (3, [0.125, 0.5625, 0.875], None),
        (3, [0.25, 0.5, 0.75], "version 3: 3 of 3 scores are the other model's"),
        (4, [0.25, 0.5625, 0.75], "version 4: 1 of 3 scores are the other model's"),
        (4, [0.25, 0.5, float("nan")], "version 4: 0 of 3 scores are the other model's"),
        (4, [0.25, 0.5], "version 4: 0 of 3 scores are the other model's"),
        (4, [0.25, 0.5, 0.75002], "version 4: 0 of 3 scores are the other model's"),
        (None, [0.25, 0.5, 0.75], "no version"),
    ],
)
def test_an_answer_is_wholly_of_the_version_that_it_names(version: int | None, scores: list[float], said: str) -> None:
    assert version_check.fault(_ranking(version, scores), (EVEN, ODD)) == said


def test_models_that_can_not_be_told_apart_are_refused() -> None:
    version_check.check_apart((EVEN, ODD))
    with pytest.raises(WideDeepError, match=r"give a candidate the same score\. Train them with other seeds"):
        version_check.check_apart((EVEN, np.array([0.125, 0.500015, 0.875])))


def test_swaps_count_failures_and_mixtures() -> None:
    seen = version_check.Observations(failed=["a"], seconds=[1.0, 2.0, 4.0], memory=[5 << 20])
    seen.add(_ranking(2, [0.25, 0.5, 0.75]), (EVEN, ODD), 10.0)
    seen.add(_ranking(5, [0.25, 0.5, 0.75]), (EVEN, ODD), 30.0)
    failed, mixed = hot_swaps.figures(seen, 100)
    assert (failed.value, failed.holds, mixed.value, mixed.holds) == (1, False, 1, False)
    assert (failed.details["swaps"], failed.details["median_swap_s"], failed.details["answers"]) == (3, 2.0, 2)
    assert (failed.details["swaps_wanted"], failed.details["resident_mib"]) == (100, [5])
    assert failed.against.startswith("3 swaps")
    assert (seen.newest, failed.details["milliseconds"]["p50"]) == (5, 20.0)
    assert all(figure.holds for figure in hot_swaps.figures(version_check.Observations(1, milliseconds=[1.0]), 1))


def test_a_version_is_a_copy_that_takes_no_room(tmp_path: Path) -> None:
    (tmp_path / "made" / "variables").mkdir(parents=True)
    (tmp_path / "made" / "variables" / "data").write_text("x")
    hot_swaps.hard_link_copy(tmp_path / "made", tmp_path / "1")
    assert (tmp_path / "1" / "variables" / "data").samefile(tmp_path / "made" / "variables" / "data")
