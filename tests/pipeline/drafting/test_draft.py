"""Whole drafts: of tables whose draft is written here by hand, and of odd ones, which always load."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.drafting.initialise import Drafting, Request, draft_of
from widedeep.pipeline.drafting.output.folder import read_spec, refuse_existing, write_draft

Table = dict[str, list[Any]]


def write(path: Path, table: Table) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def draft(path: Path, label: str, out: Path, **wishes: Any) -> Drafting:
    drafted = draft_of(Request(str(path), label, **wishes), "mine", out, lambda *now: None)
    write_draft(out, drafted.texts)
    return drafted


def clicks(rows: int = 4000) -> Table:
    """Users see items; what is clicked follows from the item's parity and the user's age together."""
    chance = random.Random(5)
    table: Table = {name: [] for name in ("row_id", "user_id", "age", "item_id", "tags", "shop", "no", "clicked")}
    for row in range(rows):
        user, item = chance.randrange(200), chance.randrange(60)
        table["row_id"].append(f"r{row:05d}")
        table["user_id"].append(user)
        table["age"].append(18 + user % 50)
        table["item_id"].append(item)
        table["tags"].append("|".join(chance.sample("abcdefgh", 1 + item % 3)))
        table["shop"].append("web")
        table["no"].append(chance.choice(["yes", "null"]))
        liked = (item % 2 == 0) == (user % 50 < 25)
        table["clicked"].append("yes" if chance.random() < (0.8 if liked else 0.2) else "no")
    return table


def test_the_draft_of_clicks_is_the_one_that_a_person_would_write(tmp_path: Path):
    path = write(tmp_path / "clicks.csv", clicks())
    drafted = draft(path, "clicked", tmp_path / "draft")
    lines = drafted.texts["features.yaml"].splitlines()
    plain = [text.split("  # ")[0] for text in lines if text and not text.lstrip().startswith("#")]
    wide = "wide: true, deep: {embedding:"
    assert plain == [
        'label: {key: clicked, positive: ["yes"]}',
        "features:",
        f"  - {{key: age, kind: numeric, side: context, transform: {{quantile_cdf: {{quantiles: 10}}}}, {wide} 4}}}}",
        f"  - {{key: item_id, kind: categorical, side: candidate, transform: {{vocabulary: {{}}}}, {wide} 8}}}}",
        f"  - {{key: tags, kind: set, side: context, transform: {{vocabulary: {{}}}}, {wide} 4}}}}",
        f'  - {{key: "no", kind: categorical, side: context, transform: {{vocabulary: {{}}}}, {wide} 4}}}}',
        "crosses:",
        # 20 quantiles of 50 ages and 60 items: 1,200 pairs at most.
        "  - {keys: [age, item_id], buckets: auto}",
    ]
    left_out = [text.strip("# ") for text in lines if "is left out" in text]
    assert left_out == [
        "'row_id' is left out: nearly determines the row: 4,000 values",
        "'user_id' is left out: the splits share none of them: what is learned is never measured",
        "'shop' is left out: constant: every row has the same value",
    ]
    assert "  hash_by: user_id  # no 'user_id' is in two splits" in drafted.texts["pipeline.yaml"].splitlines()
    assert 'domain: "no"' in drafted.texts["schema.pbtxt"]


def test_every_line_says_why(tmp_path: Path):
    texts = draft(write(tmp_path / "clicks.csv", clicks(400)), "clicked", tmp_path / "draft").texts
    for name in ("features.yaml", "pipeline.yaml"):
        bare = [text for text in texts[name].splitlines() if text and "#" not in text]
        assert bare in (["features:"], ["features:", "crosses:"], []), name


def test_times_split_the_rows_and_a_leak_is_left_out(tmp_path: Path):
    table = clicks(1000)
    table["ts"] = [1_760_000_000 + 60 * row for row in range(1000)]
    table["paid"] = [int(clicked == "yes") for clicked in table["clicked"]]
    table["serial"] = [1000 + row // 2 for row in range(1000)]
    drafted = draft(write(tmp_path / "clicks.csv", table), "clicked", tmp_path / "draft")
    assert drafted.draft.split.settings == {
        "split_by_time": {
            "column": "ts",
            "train": "1760000000",
            "eval": str(1_760_000_000 + 60 * 800),
            "test": str(1_760_000_000 + 60 * 900),
        }
    }
    left_out = "  # 'ts' is left out: times, in seconds since 1970: hour and weekday tell nothing of later rows"
    assert left_out in drafted.texts["features.yaml"].splitlines()
    choices = {name: column.choice for name, column in drafted.draft.columns.items()}
    assert choices["paid"].warning.startswith("alone it gives an AUC of 1.000")
    assert choices["serial"].warning.startswith("it nearly determines the row's time")
    assert choices["user_id"].kind == "category"


@pytest.mark.parametrize("alone", [True, False])
def test_hours_that_tell_something_of_later_rows_are_a_feature(tmp_path: Path, alone: bool):
    """By themselves, or of some of the rows, as what is bought in the evening."""
    chance, table = random.Random(6), {"ts": [], "item": [], "clicked": []}
    for row in range(4000):
        hour, item = row % 24, chance.randrange(4)
        liked = (hour < 12) if alone else (hour < 12) == (item < 2)
        table["ts"].append(1_760_054_400 + 3600 * row)
        table["item"].append(f"i{item}")
        table["clicked"].append(int(chance.random() < (0.8 if liked else 0.2)))
    drafted = draft(write(tmp_path / "clicks.csv", table), "clicked", tmp_path / "draft")
    # 1,760,054,400 is midnight, UTC; each weekday has the same hours.
    at = "kind: time, side: context, parts: [hour], wide: true, deep: {embedding: 8}"
    assert f"  - {{key: ts, {at}}}  # times, in seconds since 1970" in drafted.texts["features.yaml"].splitlines()
    assert [cross.keys for cross in drafted.draft.crosses] == ([] if alone else [("item", "ts_hour")])


@pytest.mark.parametrize("in_time", [True, False])
def test_where_later_users_are_new_embeddings_are_dropped_in_training(tmp_path: Path, in_time: bool):
    chance, table = random.Random(7), {"user": [], "item": [], "clicked": []}
    for row in range(8000):
        # Of 95 users 15 at a time: the second half has the first 40 no more, and 40 of its own.
        table["user"].append(row // 100 + chance.randrange(15))
        table["item"].append(f"i{chance.randrange(4)}")
        table["clicked"].append(int(chance.random() < 0.2 + 0.1 * (table["user"][-1] % 4)))
    if in_time:
        table["ts"] = [1_760_000_000 + 60 * row for row in range(8000)]
    drafted = draft(write(tmp_path / "clicks.csv", table), "clicked", tmp_path / "draft")
    held = {text.split("  # ")[0] for text in drafted.texts["pipeline.yaml"].splitlines()}
    assert ("  deep: {embedding_dropout: 0.5}" in held) == in_time


def test_nothing_is_overwritten_and_no_half_folder_is_left(tmp_path: Path):
    path = write(tmp_path / "clicks.csv", clicks(300))
    out = tmp_path / "draft"
    draft(path, "clicked", out)
    with pytest.raises(ConfigError, match=r"has features\.yaml, schema\.pbtxt, pipeline\.yaml\. Nothing was written"):
        refuse_existing(out, force=False)
    refuse_existing(out, force=True)
    before = {file.name: file.read_text() for file in out.iterdir()}
    broken = before | {"pipeline.yaml": "name: mine\n"}
    for target in (out, tmp_path / "new"):
        with pytest.raises(ConfigError, match=r"pipeline\.yaml"):
            write_draft(target, broken)
    assert {file.name: file.read_text() for file in out.iterdir()} == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clicks.csv", "draft"]


def test_a_table_without_anything_to_learn_from_is_told(tmp_path: Path):
    path = write(tmp_path / "a.csv", {"y": [0, 1] * 20, "same": ["x"] * 40})
    with pytest.raises(DataError, match=r"no column is left that a model could learn from\. same: constant"):
        draft(path, "y", tmp_path / "draft")
    with pytest.raises(ConfigError, match="--label clicks: there is no such column"):
        draft(path, "clicks", tmp_path / "draft")
    with pytest.raises(ConfigError, match="--label y: the label can't be a feature as well"):
        draft(path, "y", tmp_path / "draft", context="y,same")


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=("Cs",)), min_size=1
).filter(lambda name: name.strip() == name and not name[0].isdigit())
WORDS = st.sampled_from(
    ["no", "null", "~", "1e3", "true", "größe", "日本", "a b", "#", "x: y", "label", "top_k", "ids"]
)
VALUES = st.sampled_from(
    ["", "x", "no", "0", "007", "1.5", "NA", "a|b", "-1", "2024-02-01", "null", "'", "\\", "1e400"]
)
ROWS = 60


@settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.dictionaries(
        (NAMES | WORDS).filter(lambda name: name != "y"),
        st.one_of(
            st.lists(VALUES, min_size=1, max_size=4).map(lambda some: (some * ROWS)[:ROWS]),
            st.just([""] * ROWS),
            st.just([f"v{row}" for row in range(ROWS)]),
            st.lists(st.integers(-(10**12), 10**12), min_size=ROWS, max_size=ROWS),
        ),
        max_size=8,
    )
)
def test_odd_tables_give_drafts_that_load(tmp_path_factory: pytest.TempPathFactory, table: Table):
    folder = tmp_path_factory.mktemp("odd")
    table = table | {"good": [row % 5 for row in range(ROWS)], "y": [row * 7 % 3 % 2 for row in range(ROWS)]}
    drafted = draft(write(folder / "odd.csv", table), "y", folder / "draft")
    assert {*table} - {"y"} == set(drafted.draft.columns)
    columns = set(read_spec(drafted.texts["features.yaml"]).columns.values())
    assert columns == {name for name, column in drafted.draft.columns.items() if column.drafted} | {"y"}


def test_six_hundred_columns(tmp_path: Path):
    table: Table = {f"column {number}": [row * number % 7 for row in range(ROWS)] for number in range(600)}
    drafted = draft(
        write(tmp_path / "wide.csv", table | {"y": [row % 2 for row in range(ROWS)]}), "y", tmp_path / "draft"
    )
    # Of the multiples of 7 every row has the same: 86 of them, from 0 to 595.
    assert sum(column.drafted is not None for column in drafted.draft.columns.values()) == 600 - 86
