"""Files whose headers differ, or stand in some of them alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.parquet_files.barred import with_barred
from widedeep.pipeline.drafting.files.forms import Form, form_of
from widedeep.pipeline.drafting.files.headers import in_common
from widedeep.pipeline.drafting.files.locations import Location, locate_files


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def common(folder: Path, label: str = "y") -> tuple[Location, Form]:
    location = locate_files(str(folder))
    return in_common(location, form_of(location, label), label)


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz"])
def test_names_in_the_first_file_alone(tmp_path: Path, ending: str) -> None:
    sign = "\t" if ending == "tsv" else ","
    rows = {"train": "y,x,z\n0,a,7\n", "dev": "1,b,8\n", "test": "0,c,9\n"}
    write(tmp_path, {f"{split}.{ending}": text.replace(",", sign) for split, text in rows.items()})
    location, form = common(tmp_path)
    assert sorted(location.splits) == ["eval", "test", "train"]
    assert (form.columns, form.dialect.header, form.dialect.columns) == (("y", "x", "z"), False, ("y", "x", "z"))
    assert form.aside == f"the names in train.{ending} hold for dev.{ending}, test.{ending}, too"


def test_a_file_without_names_and_with_other_fields(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "y,x,z\n0,a,7\n", "b.csv": "1,b\n"})
    with pytest.raises(DataError) as caught:
        common(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/b.csv: its first row names none of the columns of a.csv, and has 2 fields instead of 3. Give the "
        "files one header, or name those that belong together."
    )


def test_columns_that_not_all_files_have(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "y,x,z\n0,a,7\n", "b.csv": "x,y,w,\n1,b,2,\n", "c.csv": ""})
    _, form = common(tmp_path)
    assert (form.columns, form.dialect.header) == (("y", "x"), True)
    assert form.aside == "left out, as not all files have them: z, w, "
    pq.write_table(pa.table({"y": [0], "x": [1], "u": [2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1], "y": [0]}), tmp_path / "b.parquet")
    location = locate_files(str(tmp_path / "*.parquet"))
    _, form = in_common(location, form_of(location, "y"), "y")
    assert (form.columns, form.aside) == (("y", "x"), "left out, as not all files have them: u")


def test_columns_that_files_bar_are_no_features(tmp_path: Path) -> None:
    columns = {"y": [0], "x": [1], "chance": [0.5]}
    for name, own in (("a", {"u": [2]}), ("b", {})):
        table = pa.table(columns | own)
        pq.write_table(table.cast(with_barred(table.schema, ["chance"])), tmp_path / f"{name}.parquet")
    location = locate_files(str(tmp_path / "*.parquet"))
    _, form = in_common(location, form_of(location, "y"), "y")
    barred = "left out, as the files say that no model may read them: chance"
    assert (form.columns, form.aside) == (("y", "x"), f"{barred}; left out, as not all files have them: u")


def test_a_test_part_without_the_label_is_left_aside(tmp_path: Path) -> None:
    write(tmp_path, {"train.csv": "y,x\n0,a\n", "valid.csv": "y,x\n1,b\n", "test.csv": "x\nc\n"})
    location, form = common(tmp_path)
    assert (sorted(location.splits), form.columns) == (["eval", "train"], ("y", "x"))
    assert [Path(path).name for path in location.files] == ["train.csv", "valid.csv"]
    assert location.aside == "left aside, as there is no 'y' in them: test.csv"


def test_a_file_of_train_without_the_label(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "y,x\n0,a\n", "b.csv": "x,z\n1,b\n"})
    with pytest.raises(DataError) as caught:
        common(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/b.csv: there is no column 'y', the label, which other files have. Name the files that have it, or "
        "a pattern of them."
    )


def test_the_keys_of_folders_are_columns_of_all(tmp_path: Path) -> None:
    for day, text in (("1", "y,x\n0,a\n"), ("2", "x,y\nb,1\n")):
        (tmp_path / f"day={day}").mkdir()
        write(tmp_path / f"day={day}", {"part.csv": text})
    _, form = common(tmp_path)
    assert (form.columns, form.in_folders, form.aside) == (("y", "x", "day"), 1, "")
