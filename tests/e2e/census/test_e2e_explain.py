"""A pushed model explained by the rows that its run recorded."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from calls import called
from harness import Pushed


def inside(value: str, text: str) -> bool:
    """Whether a cell of the CSV is what an explanation names."""
    if not text.startswith(("[", "(-∞")):
        return value == text
    low, high = text[1:-1].split(", ")
    return (low == "-∞" or float(low) <= float(value)) and (high == "∞" or float(value) < float(high))


def test_the_wide_part_of_a_pushed_model_in_words(pushed: Callable[[str], Pushed], tmp_path: Path) -> None:
    census, workdir = pushed("census").slice, pushed("census").workdir
    result = tmp_path / "explained.json"
    done = called("explain", workdir / "models" / "1", "--top", 60, "--json", result)
    assert done.returncode == 0, done.stderr
    with (census.data / "train" / "data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    rate = sum(int(row["label"]) for row in rows) / len(rows)
    assert done.stderr == f"{len(rows):,} rows, label rate {rate:.4f}\n"
    weights: list[dict[str, Any]] = json.loads(result.read_text())["found"]
    assert len(weights) == len(done.stdout.splitlines()) - 1 == 60
    assert [abs(weight["weight"]) for weight in weights] == sorted(
        (abs(weight["weight"]) for weight in weights), reverse=True
    )
    # The rows are counted in the raw file; an id that several combinations share is not told from it.
    alone = [weight for weight in weights if weight["others"] == 0 and "(missing)" not in weight["values"]]
    assert {len(weight["keys"]) for weight in alone} >= {1, 2}
    assert any(weight["values"][0].startswith("[") for weight in alone)
    for weight in alone:
        pairs = list(zip(weight["keys"], weight["values"], strict=True))
        having = [row for row in rows if all(inside(row[key], text) for key, text in pairs)]
        assert weight["support"] == len(having), weight
        assert weight["label_mean"] == pytest.approx(sum(int(row["label"]) for row in having) / len(having))
