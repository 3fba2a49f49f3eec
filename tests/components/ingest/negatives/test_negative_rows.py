"""Negatives in ExampleGen's output: of which rows, with what, in which split."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow as tf

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest.negatives.negative_options import NegativeOptions, check_negatives

TWO = {"per_positive": 2, "never": "user"}
Row = tuple[str, str, str, float, int]


@pytest.fixture(scope="session")
def spec() -> FeatureSpec:
    """A user, a moment, and an item with a price that changes."""
    text = {"kind": "categorical", "wide": True, "transform": {"hash": {"buckets": 9}}}
    return FeatureSpec.model_validate(
        {
            "label": {"key": "bought"},
            "features": [
                {"key": "user", "side": "context", **text},
                {"key": "hour", "side": "context", **text},
                {"key": "item", "side": "candidate", "required": True, **text},
                {"key": "price", "kind": "numeric", "side": "candidate", "transform": {"z_score": {}}, "deep": {}},
            ],
        }
    )


def log(rows: int, users: int, items: int, seed: int, **more: list[Any]) -> pa.Table:
    chance = random.Random(seed)
    picked = [chance.randrange(items) for _ in range(rows)]
    return pa.table(
        {
            "user": [f"u{chance.randrange(users)}" for _ in range(rows)],
            "hour": [f"h{chance.randrange(24)}" for _ in range(rows)],
            "item": [f"i{item}" for item in picked],
            "price": [float(item + chance.randrange(2) / 2) for item in picked],
            **more,
        }
    )


def parsed(examples: list[bytes]) -> list[Row]:
    rows = []
    for example in examples:
        of = tf.train.Example.FromString(example).features.feature
        texts = [of[name].bytes_list.value[0].decode() for name in ("user", "hour", "item")]
        rows.append((*texts, of["price"].float_list.value[0], of["bought"].int64_list.value[0]))
    return rows


def groups(rows: list[Row]) -> list[tuple[Row, list[Row]]]:
    """Each positive with the negatives behind it."""
    rows_and_negatives: list[tuple[Row, list[Row]]] = []
    for row in rows:
        if row[4]:
            rows_and_negatives.append((row, []))
        else:
            rows_and_negatives[-1][1].append(row)
    return rows_and_negatives


def test_each_split_draws_from_itself_and_those_before_it(ingest: Any) -> None:
    tables = {"train": log(200, 12, 30, 1), "eval": log(60, 12, 40, 2), "test": log(60, 12, 50, 3)}
    for split, table in tables.items():
        ingest.put(f"{split}/a.parquet", table)
    patterns = {"test": "test/*", "eval": "eval/*", "train": "train/*"}
    written = {split: groups(parsed(rows)) for split, rows in ingest(patterns, negatives=TWO).items()}
    had: dict[str, set[str]] = {}
    catalogue: Counter[tuple[str, float]] = Counter()
    for split in ("train", "eval", "test"):
        rows = tables[split].to_pylist()
        for row in rows:
            had.setdefault(row["user"], set()).add(row["item"])
            catalogue[row["item"], row["price"]] += 1
        # In the rows' order, each behind its positive.
        assert [positive for positive, _ in written[split]] == [
            (row["user"], row["hour"], row["item"], row["price"], 1) for row in rows
        ]
        for positive, negatives in written[split]:
            assert [row[:2] for row in negatives] == [positive[:2]] * 2
            assert len({row[2] for row in negatives}) == 2
            assert all(
                (item, price) in catalogue and item not in had[positive[0]] for _, _, item, price, _ in negatives
            )
        seen = sum(len(negatives) for _, negatives in written[split])
        of_split = [file for file in ingest.content.files if file.split == split]
        assert [(file.positives, file.drawn, file.rows) for file in of_split] == [(len(rows), seen, len(rows) + seen)]
    # What was drawn in train is what was drawn without the others, though users have its items there.
    assert {tuple(row[:3:2]) for _, rows in written["train"] for row in rows} & {
        (row["user"], row["item"]) for row in tables["test"].to_pylist()
    }
    alone = ingest({"train": "train/*"}, negatives=TWO)
    assert groups(parsed(alone["train"])) == written["train"]
    assert not (Path(ingest.folder) / "out1" / "negatives").exists()


def test_the_pools_files_are_work_items_that_the_runner_spreads(ingest: Any, is_spread: Any) -> None:
    ingest.put("train/a.parquet", log(9, 3, 3, 1))
    assert is_spread(lambda: ingest({"train": "train/*"}, negatives=TWO), "ParDo(Gather)")


def test_the_same_in_every_format_and_in_more_files(ingest: Any) -> None:
    """And where rows are spread by their hash. Without the label's column all are of label 1."""
    table = log(300, 20, 40, 4, bought=[1] * 300)
    shares = {"train": 6, "eval": 2, "test": 2}
    ingest.put("a.parquet", table)
    first = ingest({"all": "a.parquet"}, shares, negatives=TWO)
    assert {split: len(rows) % 3 for split, rows in first.items()} == dict.fromkeys(shares, 0)
    assert ingest({"all": "a.parquet"}, shares, negatives=TWO) == first
    rows = table.drop_columns("bought").to_pylist()
    (ingest.folder / "in" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert ingest({"all": "a.jsonl"}, shares, file_format="jsonl", negatives=TWO) == first
    lines = [",".join(map(str, row.values())) for row in rows]
    (ingest.folder / "in" / "a.csv").write_text("\n".join([",".join(rows[0]), *lines]))
    assert ingest({"all": "a.csv"}, shares, file_format="csv", negatives=TWO) == first
    ingest.put("b/a.parquet", table.slice(0, 100))
    ingest.put("b/b.parquet", table.slice(100))
    apart = ingest({"all": "b/*"}, shares, negatives=TWO)
    for split in shares:
        before, now = groups(parsed(first[split])), groups(parsed(apart[split]))
        assert [positive for positive, _ in now] == [positive for positive, _ in before]
    # A row draws by its place in its file: of the first hundred rows at least forty are in train.
    assert groups(parsed(apart["train"]))[:40] == groups(parsed(first["train"]))[:40]


def test_equal_rows_draw_differently(ingest: Any) -> None:
    table = pa.concat_tables([log(1, 1, 30, 5)] * 20 + [log(100, 50, 30, 6)])
    ingest.put("train/a.parquet", table)
    grouped = groups(parsed(ingest({"train": "train/*"}, negatives=TWO)["train"]))[:20]
    assert len({tuple(row[2] for row in negatives) for _, negatives in grouped}) > 10


def test_rows_of_label_0_stay_and_nothing_is_drawn_for_them(ingest: Any) -> None:
    table = log(50, 10, 30, 7, bought=[int(n % 5 == 0) for n in range(50)])
    ingest.put("train/a.parquet", table)
    rows = parsed(ingest({"train": "train/*"}, negatives=TWO)["train"])
    assert (len(rows), sum(row[4] for row in rows)) == (50 + 20, 10)


def test_a_user_who_has_had_nearly_all(ingest: Any) -> None:
    """Of three candidates u has had two: one negative for each row; somebody else gets two."""
    rows = pa.table({"user": ["u", "u", "v"], "hour": ["h"] * 3, "item": ["a", "b", "c"], "price": [1.0, 2.0, 3.0]})
    ingest.put("train/a.parquet", rows)
    grouped = groups(parsed(ingest({"train": "train/*"}, negatives=TWO)["train"]))
    assert [sorted(row[2] for row in negatives) for _, negatives in grouped] == [["c"], ["c"], ["a", "b"]]
    assert [(file.positives, file.drawn, file.short) for file in ingest.content.files] == [(3, 4, 2)]


def test_no_candidate_is_left_for_anybody(ingest: Any) -> None:
    ingest.put("train/a.parquet", log(3, 1, 1, 8))
    with pytest.raises(
        DataError, match="for none of the 3 rows of label 1 is a candidate left that its user has not had"
    ):
        ingest({"train": "train/*"}, negatives=TWO)


def test_who_a_row_is_of_may_be_told_by_a_column_that_is_not_declared(ingest: Any) -> None:
    household = ["x" if n % 2 else "y" for n in range(40)]
    ingest.put("train/a.parquet", log(40, 30, 12, 9, household=household))
    options = {"per_positive": 1, "never": "household"}
    grouped = groups(parsed(ingest({"train": "train/*"}, negatives=options)["train"]))
    had = {each: {row[2] for (row, _), of in zip(grouped, household, strict=True) if of == each} for each in "xy"}
    assert all(row[2] not in had[of] for (_, rows), of in zip(grouped, household, strict=True) for row in rows)
    with pytest.raises(DataError) as caught:
        ingest({"train": "train/*"}, negatives={"per_positive": 1, "never": "houshold"})
    assert str(caught.value) == (
        f"{ingest.folder}/in/train/a.parquet: there is no column 'houshold', which data.negatives.never names: did you "
        "mean 'household'?"
    )


def test_a_label_that_is_called_otherwise(ingest: Any) -> None:
    """Without its column all rows are positives; but not where another column may be it."""
    ingest.put("train/a.parquet", log(9, 3, 9, 10, Bought=[0, 1, 0] * 3))
    with pytest.raises(DataError, match=r"a\.parquet: there is no column 'bought': did you mean 'Bought'\?"):
        ingest({"train": "train/*"}, negatives=TWO)


def test_what_can_not_be_drawn(spec: FeatureSpec) -> None:
    options = NegativeOptions.model_validate({"per_positive": 1, "from": ["hour"]})
    with pytest.raises(ConfigError) as caught:
        check_negatives(options, spec)
    assert str(caught.value).startswith("data.negatives.from: 'hour' is no candidate feature: known are: item, price")
    stars = spec.model_copy(update={"label": spec.label.model_copy(update={"kind": "regression"})})
    with pytest.raises(ConfigError, match="the label 'bought' is no binary one"):
        check_negatives(NegativeOptions(per_positive=1), stars)
    users = spec.model_copy(update={"features": spec.features[:2]})
    with pytest.raises(ConfigError, match=r"no feature is of `side: candidate`: say which are"):
        check_negatives(NegativeOptions(per_positive=1), users)
