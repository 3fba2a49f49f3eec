"""DataFrames in and out: scored in this process, or ranked by a server."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_model import SmallModel

import widedeep
from widedeep import ConfigError, FeatureError, WideDeepError
from widedeep.components.common.errors import DataError

ROWS = pd.DataFrame(
    {
        "id": [7, 8, 9, 10],
        "x": [1.0, math.nan, -2.0, 0.5],
        "color": pd.Categorical(["red", "green", "blue", "grey"]),
        "tags": [["a", "b"], None, [], ["c"]],
    },
    index=pd.Index(list("wxyz")),
)


def expected() -> list[float]:
    rows = zip(ROWS["x"], ROWS["color"], ROWS["tags"], strict=True)
    return [SmallModel.score(x, color, tags or []) for x, color, tags in rows]


def test_a_frame_is_scored_under_its_own_index(models: Path) -> None:
    scores = widedeep.score(models, ROWS, keep=["id"])
    assert list(scores.columns) == ["id", "score"]
    assert list(scores.index) == list("wxyz")
    assert list(scores["id"]) == [7, 8, 9, 10]
    np.testing.assert_allclose(scores["score"], expected(), atol=1e-6)
    # More rows than are scored at a time, and none; optional columns may be absent.
    many = widedeep.score(str(models / "1"), pd.concat([ROWS] * 3000))
    np.testing.assert_allclose(many["score"], expected() * 3000, atol=1e-6)
    assert widedeep.score(models, ROWS.iloc[:0]).shape == (0, 1)
    assert widedeep.score(models, ROWS[["color"]])["score"].iloc[0] == pytest.approx(SmallModel.score(color="red"))


def test_rows_that_cant_be_scored_are_told_or_left_out(models: Path) -> None:
    bad = ROWS.assign(color=["red", None, "blue", "grey"])
    with pytest.raises(DataError, match=r"^rows, row 2, column 'color': the value is missing, .*: skip_bad=True$"):
        widedeep.score(models, bad)
    with pytest.warns(UserWarning, match=r"^1 rows can't be scored, and are left out. rows, row 2, column 'color'"):
        scores = widedeep.score(models, bad, skip_bad=True)
    assert list(scores.index) == list("wyz")


@pytest.mark.parametrize(
    ("columns", "keep", "message"),
    [
        (["x"], [], "rows: there is no column 'color', which the model needs."),
        (["color"], ["idd"], "keep: there is no column 'idd': known are: color"),
        (["color"], ["score"], "--keep score: is what a column of the scores is called"),
    ],
)
def test_columns_that_cant_be_missing(models: Path, columns: list[str], keep: list[str], message: str) -> None:
    with pytest.raises(WideDeepError, match=f"^{message}"):
        widedeep.score(models, ROWS[columns], keep=keep)


@pytest.mark.usefixtures("forked_commands")
def test_files_are_scored_as_by_the_command(models: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("color;x;clicked\nred;1;1\nblue;;0\n;;1\n")
    record = widedeep.score(
        models,
        tmp_path / "rows.csv",
        out=tmp_path / "scores.csv",
        metrics=True,
        skip_bad=tmp_path / "bad.jsonl",
        settings={"data.delimiter": ";"},
    )
    assert (record.rows, record.aside, record.metrics["accuracy"].value) == (2, 1, 0.5)
    with pytest.raises(ConfigError, match=r"^--out .*scores.csv: is there already. Name another one"):
        widedeep.score(models, tmp_path / "rows.csv", out=tmp_path / "scores.csv")
    with pytest.raises(ConfigError, match=r"^the scores of files go to a file, too: out='scores.parquet'$"):
        widedeep.score(models, "rows.csv")  # type: ignore[call-overload]


def test_candidates_are_ranked(target: str) -> None:
    user, known = {"color": "green", "tags": ["a"]}, ROWS[["id", "x"]].dropna()
    best = widedeep.rank(target, user, known, model="small", top=2, deadline=60)
    assert list(best.columns) == ["id", "x", "score"]
    assert list(best["id"]) == [7, 10]
    np.testing.assert_allclose(best["score"], [SmallModel.score(x, "green", ["a"]) for x in (1.0, 0.5)], atol=1e-6)
    assert list(best.index) == ["w", "z"]
    # NaN is no number for the server, but a missing value.
    with pytest.raises(FeatureError, match=r"^candidate 1: 'x' is missing, and the model needs it.$"):
        widedeep.rank(target, user, ROWS[["id", "x"]], model="small", deadline=60)
    with pytest.raises(DataError, match=r"^candidates: have the columns id, but a candidate's features are x.$"):
        widedeep.rank(target, user, ROWS[["id"]], model="small", deadline=60)
