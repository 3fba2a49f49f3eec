"""Logs that a person has, cut into splits."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.harness.data_steps import SPLITS
from benchmarks.training import click_logs


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {split: pd.read_csv(folder / split / "data.csv", dtype=str) for split in SPLITS}


def test_frappe_has_two_apps_that_the_user_never_used_beside_each_that_they_did(tmp_path: Path) -> None:
    (tmp_path / "frappe").mkdir()
    # Users 0 to 19 used apps 0 to 9; user 20 used all but two.
    used = [(user, item) for user in range(20) for item in range(10)] + [(20, item) for item in range(18)]
    used += [(21, 18), (21, 19)]
    lines = ["user\titem\tcnt\tcity", *(f"{user}\t{item}\t3\t{user % 4}" for user, item in used)]
    (tmp_path / "frappe" / "frappe.csv").write_text("\n".join(lines))
    click_logs.frappe(tmp_path, tmp_path / "out")
    splits = read(tmp_path / "out")
    rows = pd.concat(splits.values())
    assert list(rows.columns) == ["user", "item", "city", "label"]
    assert [len(splits[split]) for split in SPLITS] == [462, 132, 66]
    pairs = {
        label: [(int(u), int(i)) for u, i in zip(of.user, of.item, strict=True)] for label, of in rows.groupby("label")
    }
    assert sorted(pairs["1"]) == sorted(used)
    assert len(pairs["0"]) == 2 * len(used)
    assert not set(pairs["0"]) & set(used)
    # In the same context.
    assert (rows.user.astype(int) % 4 == rows.city.astype(int)).all()
    assert sorted(user for user, _ in pairs["0"]) == sorted(2 * [user for user, _ in used])


def test_avazus_header_stands_in_one_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "avazu").mkdir()
    (tmp_path / "avazu" / "dev.csv").write_text("\n".join(f"{row},0,a" for row in range(7)))
    (tmp_path / "avazu" / "train.csv").write_text("id,click,C1\n" + "\n".join(f"{row},1,b" for row in range(7, 20)))
    click_logs.avazu(tmp_path, tmp_path / "out")
    rows = pd.concat(read(tmp_path / "out").values())
    assert list(rows.columns) == ["id", "click", "C1"]
    assert sorted(map(int, rows.id)) == list(range(20))
    assert set(zip(rows.click, rows.C1, strict=True)) == {("0", "a"), ("1", "b")}


def test_criteo_has_a_label_thirteen_numbers_and_twenty_six_categories(tmp_path: Path) -> None:
    (tmp_path / "criteo").mkdir()
    line = "\t".join(["1", *[""] * 12, "7", *[f"v{number}" for number in range(26)]])
    (tmp_path / "criteo" / "train.tsv").write_text("\n".join([line] * 20))
    click_logs.criteo(tmp_path, tmp_path / "out")
    [row] = read(tmp_path / "out")["test"].drop_duplicates().to_dict("records")
    assert (row["label"], row["i13"], row["c1"], row["c26"]) == ("1", "7", "v0", "v25")
    assert pd.isna(row["i1"])
    assert len(row) == 40
