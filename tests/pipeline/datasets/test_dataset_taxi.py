"""The taxi trips against the file inside tfx, and on hand-made trips."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets import Summary, taxi


@pytest.fixture(scope="module")
def summary(prepared: Callable[[str], Summary]) -> Summary:
    return prepared("taxi")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("fare", "tips", "label"),
    [
        ("10", "2.01", "1"),
        ("10", "2.00", "0"),  # just 20 %, which is not more
        ("0", "0", "0"),
        ("0", "1", "1"),
        ("0.35", "0.07", "0"),  # just 20 %, though 0.07 > 0.2 * 0.35 in floats
        ("", "1", None),
        ("10", "", None),
    ],
)
def test_label_is_a_tip_above_a_fifth(fare: str, tips: str, label: str | None) -> None:
    assert taxi.label_of(fare, tips) == label


def test_every_trip_is_in_one_split_with_its_columns(summary: Summary) -> None:
    source = read(taxi.find_file())
    expected = []
    for trip in source:
        tips, fare = (round(100 * float(amount)) for amount in (trip.pop("tips"), trip["fare"]))
        expected.append({**trip, "label": str(int(5 * tips > fare))})  # whole cents
    trips = [row for split in summary.splits.values() for row in read(split.path)]
    assert len(trips) == 15_002
    assert list(trips[0]) == list(expected[0])
    assert sorted(map(str, trips)) == sorted(map(str, expected))
    positives = sum(split.rows * split.label_rate for split in summary.splits.values())
    assert positives / 15_002 == pytest.approx(0.2249, abs=5e-5)


def test_splits_are_about_80_10_10(summary: Summary) -> None:
    shares = [split.rows / 15_002 for split in summary.splits.values()]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def trips(path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Path:
    file = path / "trips.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(taxi, "find_file", lambda: file)
    out = path / "out"
    out.mkdir()
    return out


def test_a_trip_without_an_answer_is_left_out_and_other_gaps_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [f"{fare},,9" for fare in range(1, 61)]
    out = trips(tmp_path, monkeypatch, ["fare,company,tips", "7,,", ",Blue,1", *known])
    splits = taxi.write(out)
    rows = [row for split in splits.values() for row in read(split.path)]
    assert sorted(int(row["fare"]) for row in rows) == list(range(1, 61))
    assert {row["company"] for row in rows} == {""}
    # 9 dollars are more than a fifth of a fare of up to 44.
    assert {int(row["fare"]) for row in rows if row["label"] == "1"} == set(range(1, 45))
    assert "(2 of them)" in (out / "SOURCE.txt").read_text(encoding="utf-8")


def test_equal_trips_with_different_tips_stay_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{fare},{tips}" for fare in range(1, 61) for tips in (0, 99)]
    splits = taxi.write(trips(tmp_path, monkeypatch, ["fare,tips", *lines]))
    fares = [{row["fare"] for row in read(split.path)} for split in splits.values()]
    assert sum(map(len, fares)) == 60


def test_a_missing_column_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = trips(tmp_path, monkeypatch, ["fare,company", "1,Blue"])
    with pytest.raises(DataError) as caught:
        taxi.write(out)
    file = tmp_path / "trips.csv"
    assert str(caught.value) == f"'{file}' has no column tips: install tfx==1.21.0 again"


def test_an_amount_that_is_no_number_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = trips(tmp_path, monkeypatch, ["fare,tips", "1,1", "free,1"])
    with pytest.raises(DataError) as caught:
        taxi.write(out)
    file = tmp_path / "trips.csv"
    assert str(caught.value) == (
        f"'{file}', line 3: fare 'free' or tips '1' is not a number: install tfx==1.21.0 again"
    )


def test_without_tfx_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxi, "find_spec", lambda _: None)
    with pytest.raises(DataError) as caught:
        taxi.find_file()
    assert str(caught.value) == (
        "can't find the taxi trips in the tfx package: it is not installed. Run: pip install 'widedeep-tfx[pipeline]'"
    )
