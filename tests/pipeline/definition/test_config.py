"""pipeline.yaml and --set: what they may say, and how a mistake reads."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.config import PipelineConfig

REPOSITORY = Path(__file__).resolve().parents[3]

PLAIN: dict[str, Any] = {
    "name": "shop",
    "data": {"path": "rows", "format": "csv", "splits": {"train": "a/*", "eval": "b/*", "test": "c/*"}},
    "training": {"epochs": 2, "wide": {"l1": 0.5}},
}


def written(folder: Path, data: dict[str, Any] | str) -> Path:
    path = folder / "pipeline.yaml"
    path.write_text(data if isinstance(data, str) else json.dumps(data))  # JSON is YAML
    return path


def load(folder: Path, *overrides: str, data: dict[str, Any] | str = PLAIN) -> PipelineConfig:
    return config.load(written(folder, data), overrides)


def refused(folder: Path, *overrides: str, data: dict[str, Any] | str = PLAIN) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, *overrides, data=data)
    message = str(caught.value)
    assert message.replace(f"{folder}/pipeline.yaml", "FILE") != message or message.startswith("--set")
    return message.replace(f"{folder}/pipeline.yaml", "FILE")


def changed(dotted: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(PLAIN)
    *parents, last = dotted.split(".")
    group = data
    for key in parents:
        group = group.setdefault(key, {})
    if value is ...:
        del group[last]
    else:
        group[last] = value
    return data


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


def test_set(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "training.epochs=7",
        "training.deep.hidden=[8, 4]",
        "training.wide.l2=0.25",
        "evaluation.bounds={auc: {at_least: 0.6}}",
        "name=other",
        "beam.options=[--job_name=X=Y]",
    )
    assert loaded.training.epochs == 7
    assert loaded.training.deep.hidden == (8, 4)
    assert (loaded.training.wide.l1, loaded.training.wide.l2) == (0.5, 0.25)
    assert loaded.evaluation.bounds["auc"].at_least == 0.6
    assert loaded.name == "other"
    assert loaded.beam.options == ("--job_name=X=Y",)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[v2]/rows", "[v2]/rows"),
        ("*/rows?", "*/rows?"),
        ("a b #c: d", "a b #c: d"),
        ("010", "010"),
        ("1:30", "1:30"),
        ("true", "true"),
        ("{x}", "{x}"),
        ("'in quotes'", "in quotes"),
        ('"\\x41"', "A"),
    ],
)
def test_a_text_is_set_as_it_stands(tmp_path: Path, text: str, path: str) -> None:
    assert load(tmp_path, f"data.path={text}").data.path == str(tmp_path / path)
    assert load(tmp_path, f"data.splits.train={text}").data.patterns[0] == path


def test_a_value_that_no_line_holds_is_told_in_one(tmp_path: Path) -> None:
    assert refused(tmp_path, "name=a\nb\u2028c").startswith(r"FILE --set name=a\nb\u2028c: name: String should match")
    assert refused(tmp_path, f"name={'x' * 99}!").startswith(
        f"FILE --set name={'x' * 55}...: name: String should have at most 63 characters"
    )
    for override, text in (
        ("data.path=a\0b", r"a\x00b' is no path: embedded null byte."),
        ("name=\ud800", "is not UTF-8"),
    ):
        with pytest.raises(ConfigError, match=re.escape(text)) as caught:
            load(tmp_path, override)
        assert "\n" not in str(caught.value)


def test_numbers_of_settings_by_the_rules_of_yaml_1_2(tmp_path: Path) -> None:
    for text, epochs in (("010", 10), ("0x1F", 31), ("1_000", 1000)):
        assert load(tmp_path, f"training.epochs={text}").training.epochs == epochs
    assert refused(tmp_path, "training.epochs=1:30").endswith("(it is '1:30')")
    assert load(tmp_path, "training.warm_start=no").training.warm_start is False
    assert load(tmp_path, "kubeflow.image=1.10").kubeflow.image == "1.10"


def test_last_set_wins(tmp_path: Path) -> None:
    assert load(tmp_path, "training.epochs=7", "training.epochs=8").training.epochs == 8


def test_set_schema(tmp_path: Path) -> None:
    assert load(tmp_path, "schema=my.pbtxt").schema_file == str(tmp_path / "my.pbtxt")
    assert load(tmp_path, "schema=null", data={**PLAIN, "schema": "my.pbtxt"}).schema_file is None


def test_set_in_an_empty_group(tmp_path: Path) -> None:
    assert load(tmp_path, "training.epochs=7", data=changed("training", None)).training.epochs == 7


def test_set_changes_one_place(tmp_path: Path) -> None:
    text = (
        "name: x\ndata: {path: a, format: csv, splits: {train: a, eval: b, test: c}}\n"
        "training:\n  wide: &rate {learning_rate: 0.5}\n  deep: *rate\n"
    )
    training = load(tmp_path, "training.wide.learning_rate=0.25", data=text).training
    assert (training.wide.learning_rate, training.deep.learning_rate) == (0.25, 0.5)


NEEDS = "needs KEY=VALUE, for example --set training.epochs=3."


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("training.epochs", f"--set training.epochs: {NEEDS}"),
        ("=3", f"--set =3: {NEEDS}"),
        ("", f"--set : {NEEDS}"),
        ("training..epochs=3", f"--set training..epochs=3: {NEEDS}"),
        ("training.=3", f"--set training.=3: {NEEDS}"),
        ("name.first=3", "--set name.first=3: 'name' is a value, not a group of keys."),
        (
            "training.epochs.most=3",
            "--set training.epochs.most=3: 'training.epochs' is a value, not a group of keys.",
        ),
        ("training.epochs=many", "FILE --set training.epochs=many: training.epochs: Input should be a valid integer, "),
        ("training.epoch=3", "FILE --set training.epoch=3: training: unknown key 'epoch': did you mean 'epochs'?"),
        ("trainig.epochs=3", "FILE --set trainig.epochs=3: unknown key 'trainig': did you mean 'training'?"),
        (
            "training.epochs=",
            "FILE --set training.epochs=: training.epochs: Input should be a valid integer (it is None)",
        ),
        ("training.deep.hidden=[8", "--set training.deep.hidden=[8: the value is not valid YAML: "),
        ("gate={features: {}, features: {}}", "--set gate={features: {}, features: {}}: the value is not valid YAML: "),
        (
            "training.seed=!!python/name:os.system",
            "--set training.seed=!!python/name:os.system: the value is not valid YAML: could not determine ",
        ),
        ("training.epochs=true", "FILE --set training.epochs=true: training: 'epochs' is true, and a number is needed"),
    ],
)
def test_set_mistake(tmp_path: Path, override: str, text: str) -> None:
    assert refused(tmp_path, override).startswith(text)


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
