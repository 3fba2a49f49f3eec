"""Which files are meant, how they are written, and what is counted of them."""

from __future__ import annotations

import bz2
import codecs
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.drafting.files.forms import Form, form_of, resolve_column
from widedeep.pipeline.drafting.files.locations import locate_files
from widedeep.pipeline.drafting.reading.counts import FEW, Counts, plain
from widedeep.pipeline.drafting.reading.row_sample import POSITION, RowSample
from widedeep.pipeline.drafting.reading.survey import survey

ROWS = "a,b\n1,x\n2,y\n"


def write(path: Path, text: str = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def form(path: Path) -> Form:
    return form_of(locate_files(str(path)))


def test_one_file(tmp_path: Path):
    location = locate_files(str(write(tmp_path / "my[1].csv")))
    assert (location.folder, location.ending, location.pattern, location.splits) == (
        str(tmp_path),
        "csv",
        "my[[]1].csv",
        {},
    )


def test_a_folder_beside_notes_and_marks(tmp_path: Path):
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name)
    for name in ("_SUCCESS", ".a.csv.crc", "README.txt", "SOURCE.txt"):
        write(tmp_path / name, "note")
    location = locate_files(str(tmp_path))
    assert [Path(path).name for path in location.files] == ["a.csv", "b.csv"]
    assert location.pattern == "*.csv"


def test_folders_of_splits(tmp_path: Path):
    for split in ("train", "validation", "test"):
        write(tmp_path / split / "part-0.csv")
    write(tmp_path / "SOURCE.txt", "note")
    location = locate_files(str(tmp_path))
    assert {split: pattern for split, (pattern, _) in location.splits.items()} == {
        "train": "train/part-0.csv",
        "eval": "validation/part-0.csv",
        "test": "test/part-0.csv",
    }


def test_files_of_splits(tmp_path: Path):
    for name in ("train-0.tsv", "train-1.tsv", "dev.tsv", "test.tsv"):
        write(tmp_path / name)
    location = locate_files(str(tmp_path))
    assert {split: pattern for split, (pattern, _) in location.splits.items()} == {
        "train": "train-*.tsv",
        "eval": "dev.tsv",
        "test": "test.tsv",
    }


def test_without_an_eval_part_train_is_cut(tmp_path: Path):
    for name in ("train.csv", "test.csv"):
        write(tmp_path / name)
    location = locate_files(str(tmp_path))
    assert (location.splits, location.pattern) == ({}, "train.csv")
    assert location.aside.startswith("the files of train alone are read")


def test_a_pattern_and_hive_folders(tmp_path: Path):
    for day in (1, 2):
        write(tmp_path / f"day=2026-11-0{day}" / "part.csv")
    location = locate_files(f"{tmp_path}/day=*/*.csv")
    assert (location.folder, location.pattern) == (str(tmp_path), "*/*")
    assert form_of(location).columns == ("a", "b", "day")


def test_what_can_not_be_meant_is_told(tmp_path: Path):
    with pytest.raises(ConfigError, match="there is no such file or folder"):
        locate_files(str(tmp_path / "nothing"))
    write(tmp_path / "a.csv")
    write(tmp_path / "b.jsonl", "{}")
    with pytest.raises(ConfigError, match=r"holds files of 2 formats: .*a\.csv \(csv\), .*b\.jsonl \(jsonl\)"):
        locate_files(str(tmp_path))


C1_TO_C2, C1_TO_C3 = ("c1", "c2"), ("c1", "c2", "c3")
NO_NAMES = {"header": False, "columns": C1_TO_C3}


@pytest.mark.parametrize(
    ("name", "text", "file_format", "options", "columns"),
    [
        ("a.csv", ROWS, "csv", {}, ("a", "b")),
        ("a.csv", "a;b\n1;x,y\n2;y\n", "csv", {"delimiter": ";"}, ("a", "b")),
        ("a.txt", "a\tb\n1\tx\n", "tsv", {}, ("a", "b")),
        ("a.tsv", "1\t\tx\n2\t3\ty\n", "tsv", NO_NAMES, C1_TO_C3),
        ("adult.data", "39, State-gov, <=50K\n50, Private, >50K\n", "csv", NO_NAMES, C1_TO_C3),
        # The first row's values come again: they are no names.
        ("a.csv", "red,tall\nblue,tall\nred,small\n", "csv", {"header": False, "columns": C1_TO_C2}, C1_TO_C2),
        ("a.jsonl", '{"a": 1}\n{"b": "x", "a": 2}\n', "jsonl", {}, ("a", "b")),
        ("a.log", '{"a": 1}\n', "jsonl", {}, ("a",)),
    ],
)  # fmt: skip
def test_forms(
    tmp_path: Path, name: str, text: str, file_format: str, options: dict[str, object], columns: tuple[str, ...]
):
    seen = form(write(tmp_path / name, text))
    assert (seen.file_format, seen.columns) == (file_format, columns)
    assert seen.dialect.model_dump(exclude_defaults=True) == options


def test_compressed_files_of_any_name(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    assert form(tmp_path / "a.csv.gz").columns == ("a", "b")
    (tmp_path / "b.csv").write_bytes(bz2.compress(ROWS.encode()))
    assert form(tmp_path / "b.csv").columns == ("a", "b")


def test_another_encoding(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("a,b\n1,größe\n".encode("latin-1"))
    # By its name in Python.
    assert form(tmp_path / "a.csv").dialect.encoding == codecs.lookup("latin-1").name


def test_a_number_that_names_the_label_is_no_name_in_the_first_row(tmp_path: Path):
    path = write(tmp_path / "a.tsv", "1\t5\t1\n0\t6\t2\n")
    assert form_of(locate_files(str(path)), "1").columns == C1_TO_C3
    path = write(tmp_path / "b.tsv", "user\tclicked\nann\tclicked\nuser\tno\n")
    assert form_of(locate_files(str(path)), "clicked").columns == ("user", "clicked")


def test_a_column_by_name_or_number():
    assert resolve_column("b", ("a", "b"), "--label") == "b"
    assert resolve_column("2", ("a", "b"), "--label") == "b"
    assert resolve_column("2", ("a", "2"), "--label") == "2"
    with pytest.raises(ConfigError, match=r"--label klick: there is no such column: did you mean 'click'\?"):
        resolve_column("klick", ("click", "b"), "--label")


def count(*parts: list[object]) -> Counts:
    counts = Counts()
    for values in parts:
        counts.add(pa.array(values), plain(pa.array(values)))
    return counts


def test_counts_of_numbers():
    counts = count(["1", " 2.5 ", ""], ["-3e2", None, "NA"])
    assert (counts.rows, counts.missing, counts.distinct) == (6, 2, 3)
    assert (counts.numeric, counts.whole, counts.low, counts.high) == (True, False, -300.0, 2.5)
    assert counts.no_values == {"NA": 1}


def test_one_text_among_numbers_makes_no_number():
    assert not count(["1"], ["2", "many"]).numeric
    # More than 32 bits hold.
    assert not count(["1e39"]).numeric


def test_the_earliest_text_of_all_rows():
    assert count(["2026-02-01", None], ["2025-12-31", "2026-01-01"]).first == "2025-12-31"


def test_different_values_are_counted_up_to_a_limit_and_then_estimated():
    values = [str(number) for number in range(100_000)]
    assert count(values[:FEW]).few is not None
    counts = count(values[:60_000], values[30_000:])
    assert counts.few is None
    # The sketch of 16,384 hashes is right to 1 / sqrt(16,384) = 0.8 %; here to four times that.
    assert abs(counts.distinct - 100_000) < 3200


def test_lists():
    counts = count([["a", "b"], [], None, ["b"]])
    assert (counts.missing, counts.many, counts.members, counts.few) == (2, True, 3, {"a": 1, "b": 2})


def test_a_sample_is_uniform_whatever_the_blocks():
    sample = RowSample(columns=1)
    sample.size = 1000
    for start in range(0, 100_000, 5000):
        sample.add({"n": pa.array([str(n) for n in range(start, start + 5000)])}, "train")
    table = sample.table()
    numbers = np.array([int(value) for value in table.column("n").to_pylist()])
    assert table.num_rows == 1000
    assert (np.diff(numbers) > 0).all()
    assert table.column(POSITION).to_pylist() == numbers.tolist()
    # The mean of 1,000 of 0..99,999 has a standard error of 100,000 / sqrt(12 * 1,000) = 913.
    assert abs(numbers.mean() - 49_999.5) < 4 * 913


def test_a_survey_tells_how_far_it_is(tmp_path: Path):
    for part in range(2):
        pq.write_table(pa.table({"a": list(range(5000)), "b": ["x"] * 5000}), tmp_path / f"{part}.parquet")
    location = locate_files(str(tmp_path))
    told: list[tuple[int, int, int]] = []
    seen = survey(location, form_of(location), lambda *now: told.append(now))
    assert (seen.rows, seen.counts["a"].distinct, seen.sample.num_rows) == (10_000, 5000, 10_000)
    assert told[-1][0] == told[-1][1]
    assert told[-1][2] == 10_000
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


def test_files_without_rows_are_told(tmp_path: Path):
    location = locate_files(str(write(tmp_path / "a.csv", "a,b\n")))
    with pytest.raises(DataError, match="there are no rows"):
        survey(location, form_of(location), lambda *now: None)
