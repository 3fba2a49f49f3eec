"""pipeline.yaml: what it may say, and how a mistake reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plain_settings import changed, load, refused

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config

REPOSITORY = Path(__file__).resolve().parents[3]


def test_plain(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert loaded.name == "shop"
    assert loaded.training.epochs == 2
    assert loaded.training.wide.l1 == 0.5
    assert loaded.data.split_names == ["train", "eval", "test"]
    assert loaded.data.patterns == ["a/*", "b/*", "c/*"]
    assert loaded.schema_file is None


@pytest.mark.parametrize("name", ["movielens", "census", "taxi", "frappe"])
def test_of_the_data_sets(name: str) -> None:
    loaded = config.load(REPOSITORY / "schema" / name / "pipeline.yaml")
    assert loaded.name == name
    assert Path(loaded.features) == REPOSITORY / "schema" / name / "features.yaml"
    assert Path(loaded.data.path) == (REPOSITORY / "data" / name).resolve()


QUERIES = {"train": "SELECT 1", "eval": "SELECT 2", "test": "SELECT 3"}


@pytest.mark.parametrize(
    ("dotted", "value", "text"),
    [
        ("trainning", {}, "unknown key 'trainning': did you mean 'training'?"),
        ("schema_file", "x", "unknown key 'schema_file': did you mean 'schema'?"),
        ("training.epoch", 3, "training: unknown key 'epoch': did you mean 'epochs'?"),
        ("training.wide.l_1", 3, "training.wide: unknown key 'l_1': did you mean 'l1'?"),
        ("data.pth", "x", "data: unknown key 'pth': did you mean 'path'?"),
        (
            "evaluation.bounds",
            {"auc": {"at_last": 1}},
            "evaluation.bounds.auc: unknown key 'at_last': did you mean 'at_least'?",
        ),
        ("name", ..., "name: Field required"),
        ("data.format", ..., "data.format: Field required"),
        ("name", "My Shop", "name: String should match pattern '^[a-z][a-z0-9-]*$' (it is 'My Shop')"),
        (
            "data.format",
            "xlsx",
            "data.format: Input should be 'csv', 'tsv', 'jsonl', 'parquet', 'tfrecord' or 'sql' (it is 'xlsx')",
        ),
        (
            "training.epochs",
            "many",
            "training.epochs: Input should be a valid integer, unable to parse string as an integer (it is 'many')",
        ),
        ("training.epochs", 0, "training.epochs: Input should be greater than or equal to 1 (it is 0)"),
        (
            "training",
            3,
            "training: write training: {model: ..., epochs: ..., patience: ...} (it is 3)",
        ),
        (
            "data.span",
            "newest",
            "data.span: no span is written so: write latest, a number (5), a day (2024-02-01), or a range "
            "(3-7, 2024-01-30-2024-02-02) (it is 'newest')",
        ),
        ("data.splits", ..., "data: give one of splits, hash_split and split_by_time"),
        ("data.hash_split", {"train": 1, "eval": 1}, "data: give one of splits, hash_split and split_by_time"),
        (
            "data.splits",
            {"train": "a", "test": "b"},
            "data: there is no split 'eval', on which the model is watched while training",
        ),
        ("data.splits", {"eval": "a", "test": "b"}, "data: there is no split 'train', on which the model is trained"),
        (
            "data.splits",
            {"Train": "a"},
            "data.splits.Train: String should match pattern '^[a-z][a-z0-9-]*$' (it is 'Train')",
        ),
        (
            "data.pattern",
            "*.csv",
            "data: 'pattern' goes with hash_split and split_by_time; splits has a pattern for each split",
        ),
        ("data.path", ..., "data: path is missing: the folder of the files"),
        ("data.connection", "SHOP", "data: connection is an option of sql, and format is csv"),
        *(
            ("data", {"format": "sql", **group}, f"data: {text}")
            for group, text in (
                ({"connection": "X", "splits": QUERIES, "path": "x"}, "path is an option of files, and format is sql"),
                (
                    {"connection": "X", "splits": QUERIES, "delimiter": ";"},
                    "delimiter is an option of csv and tsv, and format is sql",
                ),
                (
                    {"connection": "mysql://me:secret@host/x", "splits": QUERIES},
                    "connection names the environment variable that holds the database's address, as DATABASE_URL; "
                    "an address itself has no place in a file",
                ),
                (
                    {"splits": QUERIES},
                    "connection names the environment variable that holds the database's address, as DATABASE_URL; "
                    "an address itself has no place in a file",
                ),
                (
                    {"connection": "X", "hash_split": {"train": 1, "eval": 1, "test": 1}},
                    "sql has a query for each of splits, or one beside hash_split or split_by_time",
                ),
            )
        ),
        ("data.hash_by", "user", "data: hash_by goes with hash_split, whose proportions it keeps"),
        *(
            ("data", {"path": "x", "format": "csv", "split_by_time": cuts, **more}, f"data: {text}")
            for cuts, more, text in (
                (
                    {"train": "2024-01-01", "eval": "2024-02-01", "test": "2024-03-01"},
                    {},
                    "split_by_time names the column and each split's start: "
                    "{column: time, train: 2024-01-01, eval: 2024-02-01, test: 2024-02-08}",
                ),
                (
                    {"column": "ts", "train": "2024-01-01", "eval": 5, "test": "2024-03-01"},
                    {},
                    "split_by_time: eval is '5', and a start is a number, or a date or time as 2024-02-01 or "
                    "2024-02-01 10:30:00, and all are of one kind: write them as the column does",
                ),
                (
                    {"column": "ts", "train": "2024-01-01", "eval": "2024-02-31"},
                    {},
                    "split_by_time: eval is '2024-02-31', and a start is a number, or a date or time as 2024-02-01 or "
                    "2024-02-01 10:30:00, and all are of one kind: write them as the column does",
                ),
                (
                    {"column": "ts", "train": 5, "eval": "5.0", "test": 6},
                    {},
                    "split_by_time: train and eval both start at 5",
                ),
                (
                    {"column": "ts", "train": 5, "eval": 6, "test": 7},
                    {"pattern": "day-{SPAN}/*"},
                    "split_by_time cuts one set of files by fixed times, and the pattern has spans: a later span would "
                    "fall into the last split. Take splits or hash_split, or leave the span out of the pattern",
                ),
                (
                    {"column": "ts", "train": 5, "test": 6},
                    {},
                    "there is no split 'eval', on which the model is watched while training",
                ),
            )
        ),
        (
            "data.escape",
            "\\\\",
            "data: escape is '\\\\\\\\', and must be one sign of ASCII, no quote and no line break",
        ),
        (
            "data",
            {"path": "x", "format": "parquet", "escape": "\\", "splits": {"train": "a", "eval": "b", "test": "c"}},
            "data: escape is an option of csv and tsv, and format is parquet",
        ),
        (
            "data",
            {"path": "x", "format": "jsonl", "quote": None, "splits": {"train": "a", "eval": "b", "test": "c"}},
            "data: quote is an option of csv and tsv, and format is jsonl",
        ),
        (
            "data",
            {"path": "x", "format": "parquet", "compression": "gz", "splits": {"train": "a", "eval": "b", "test": "c"}},
            "data: compression is an option of csv, tsv and jsonl, and format is parquet",
        ),
        (
            "data",
            {"path": "x", "format": "tsv", "delimiter": ";", "splits": {"train": "a", "eval": "b", "test": "c"}},
            "data: delimiter is ';', and TSV has tabs: set format: csv",
        ),
        ("data.span", 3, "data: the pattern 'a/*' has no {SPAN}, but span is 3"),
        (
            "data.splits.train",
            "{SPAN}/a",
            "data: the pattern 'b/*' has no {SPAN}, but '{SPAN}/a' has one",
        ),
        (
            "data.splits.train",
            "v{VERSION}/a",
            "data: the pattern 'v{VERSION}/a' has a {VERSION} but no {SPAN} that it is a version of",
        ),
        ("evaluation.split", "tset", "evaluation.split: there is no split 'tset': did you mean 'test'?"),
        (
            "gate.features",
            {"age": "stopp"},
            "gate.features.age: Input should be 'stop', 'warn' or 'ignore' (it is 'stopp')",
        ),
        ("beam.mode", "spark", "beam.mode: Input should be 'auto', 'in_memory' or 'multi_processing' (it is 'spark')"),
    ],
)
def test_mistake(tmp_path: Path, dotted: str, value: Any, text: str) -> None:
    assert refused(tmp_path, data=changed(dotted, value)) == f"FILE: {text}"


def test_spans(tmp_path: Path) -> None:
    splits = {
        "train": "{SPAN:4}/v{VERSION}/train/*",
        "eval": "{SPAN:4}/v{VERSION}/eval/*",
        "test": "{SPAN:4}/v{VERSION}/x",
    }
    assert load(tmp_path, "data.span=3", data=changed("data.splits", splits)).data.span == 3
    days = {name: f"{{YYYY}}-{{MM}}-{{DD}}/v{{VERSION}}/{name}" for name in ("train", "eval", "test")}
    assert load(tmp_path, data=changed("data.splits", days)).data.span == "latest"


def test_hash_split(tmp_path: Path) -> None:
    data = changed("data", {"path": "x", "format": "csv", "hash_split": {"train": 8, "eval": 1, "test": 1}})
    loaded = load(tmp_path, data=data)
    assert loaded.data.split_names == ["train", "eval", "test"]
    assert loaded.data.patterns == ["*"]
    data["data"]["hash_split"]["eval"] = 0
    assert refused(tmp_path, data=data) == (
        "FILE: data.hash_split.eval: Input should be greater than or equal to 1 (it is 0)"
    )


def test_frozen(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    for settings, key in ((loaded, "name"), (loaded.data, "path"), (loaded.training.wide, "l1")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(settings, key, "x")


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    path = Path("shop/pipeline.yaml")
    path.write_text(json.dumps({**changed("data.path", "../rows"), "schema": "s.pbtxt"}))
    loaded = config.load(path)
    assert loaded.features == str(tmp_path / "shop" / "features.yaml")
    assert loaded.schema_file == str(tmp_path / "shop" / "s.pbtxt")
    assert loaded.data.path == str(tmp_path / "rows")


def test_absolute_and_remote_paths_stay(tmp_path: Path) -> None:
    loaded = load(tmp_path, "features=/etc/f.yaml", "data.path=gs://bucket/rows")
    assert loaded.features == "/etc/f.yaml"
    assert loaded.data.path == "gs://bucket/rows"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nname: b\n", "is not valid YAML: .*the key 'name' stands here twice"),
        ("data: {path: a, path: b}\n", "is not valid YAML: .*the key 'path' stands here twice"),
        ("- name\n", "holds a list; a mapping of keys to values is needed."),
        ("name: !!python/object/apply:os.system [touch pwned]\n", "is not valid YAML: .*could not determine"),
    ],
)
def test_bad_file(tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"(?s){message}") as caught:
        load(tmp_path, data=text)
    assert str(caught.value).startswith(f"{tmp_path}/pipeline.yaml: ")
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.yaml"]


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes("name: café".encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value) == f"{path}: is not UTF-8 text (at byte 9): save it as UTF-8."
