"""Census against the original files, and on hand-made rows with the originals' oddities."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets import Summary, census

HEADER = (
    "age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,"
    "sex,capital_gain,capital_loss,hours_per_week,native_country,label"
)


@pytest.fixture(scope="module")
def summary(prepared: Callable[[str], Summary]) -> Summary:
    return prepared("census")


@pytest.fixture(scope="module")
def splits(summary: Summary) -> dict[str, list[list[str]]]:
    return {name: read(split.path) for name, split in summary.splits.items()}


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert ",".join(header) == HEADER
    return rows


def test_sizes_and_label_rates_are_the_known_ones(summary: Summary) -> None:
    train, evaluation, test = summary.splits.values()
    assert train.rows + evaluation.rows == 32_561
    assert 0.09 < evaluation.rows / 32_561 < 0.11
    assert test.rows == 16_281
    positives = train.rows * train.label_rate + evaluation.rows * evaluation.label_rate
    assert positives / 32_561 == pytest.approx(0.240810, abs=5e-7)
    assert test.label_rate == pytest.approx(0.236226, abs=5e-7)


def test_missing_is_an_empty_field(splits: dict[str, list[list[str]]]) -> None:
    names = HEADER.split(",")
    empty = dict.fromkeys(names, 0)
    for row in (row for rows in splits.values() for row in rows):
        assert "?" not in row
        assert row == [value.strip() for value in row]
        for name, value in zip(names, row, strict=True):
            empty[name] += value == ""
    # Counted in the original files.
    expected = {"workclass": 2_799, "occupation": 2_809, "native_country": 857}
    assert {name: count for name, count in empty.items() if count} == expected


def test_rows_are_those_of_the_original_files(splits: dict[str, list[list[str]]], shared_data: Path) -> None:
    assert splits["test"] == original(shared_data / "adult" / "adult.test")
    train_part = original(shared_data / "adult" / "adult.data")
    held_out = {tuple(row[:-1]) for row in splits["eval"]}
    # In order; and equal people are on one side, or these lists would differ.
    assert splits["eval"] == [row for row in train_part if tuple(row[:-1]) in held_out]
    assert splits["train"] == [row for row in train_part if tuple(row[:-1]) not in held_out]


def original(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(", ") for line in lines if line.count(",") == 14]
    labels = {"<=50K": "0", ">50K": "1", "<=50K.": "0", ">50K.": "1"}
    return [["" if v == "?" else v for v in row[:-1]] + [labels[row[-1]]] for row in rows]


def people(income: str) -> dict[str, list[object]]:
    """Sixty people of different ages; the first two are the test part."""
    columns: dict[str, list[object]] = {name: [" ?"] * 60 for name in census.COLUMNS.values()}
    columns["age"] = list(range(60))
    columns["gender"] = [" Female "] * 60
    columns["income"] = [" >50K.", "<=50K.", *[income] * 58]
    return columns


def test_spaces_question_marks_and_dots_are_normalised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "read_columns", lambda _: people(" >50K"))
    monkeypatch.setattr(census, "TEST_ROWS", 2)
    splits = census.write(tmp_path)
    empty = [""] * 8
    test = [["0", *empty, "Female", *[""] * 4, "1"], ["1", *empty, "Female", *[""] * 4, "0"]]
    assert read(splits["test"].path) == test
    assert splits["train"].rows + splits["eval"].rows == 58
    assert splits["train"].label_rate == splits["eval"].label_rate == 1.0


def test_equal_people_with_different_answers_stay_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = people("<=50K")
    columns["age"] = [number // 2 for number in range(60)]
    columns["income"] = [("<=50K", ">50K")[number % 2] for number in range(60)]
    monkeypatch.setattr(census, "read_columns", lambda _: columns)
    monkeypatch.setattr(census, "TEST_ROWS", 2)
    splits = census.write(tmp_path)
    train, held_out = read(splits["train"].path), read(splits["eval"].path)
    assert not {row[0] for row in train} & {row[0] for row in held_out}


def test_an_unknown_income_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "read_columns", lambda _: people("lots"))
    with pytest.raises(DataError) as caught:
        census.write(tmp_path)
    assert str(caught.value) == "income 'lots' in the Adult data is none of <=50K, >50K."
