"""All that is wrong with a pipeline is told at once, and what is right is shown, without a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.check import file_heads
from widedeep.pipeline.check.file_heads import head
from widedeep.pipeline.check.understood import crosses, understood
from widedeep.pipeline.commands.pipelines.check import command

FEATURES = """
label: {key: clicked}
features:
  - {key: user, kind: categorical, side: context, transform: {hash: {buckets: 1000}}, wide: true, deep: {embedding: 4}}
  - {key: age, column: Age, kind: numeric, side: context, transform: {quantile_cdf: {quantiles: 10}}, deep: {}}
  - {key: tags, kind: set, side: candidate, required: true, transform: {vocabulary: {min_count: 5}}, wide: true}
crosses:
  - {keys: [user, tags], buckets: 5000}
"""
PIPELINE = """
name: mine
data:
  path: data
  format: csv
  splits: {train: train/*, eval: eval/*, test: test/*}
"""
ROWS = "user,Age,tags,clicked,extra\nu1,30,a|b,1,x\nu2,,c,0,y\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline that is sound."""
    (tmp_path / "features.yaml").write_text(FEATURES)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    for split in ("train", "eval", "test"):
        (tmp_path / "data" / split).mkdir(parents=True)
        (tmp_path / "data" / split / "a.csv").write_text(ROWS)
    return tmp_path


@pytest.fixture
def checked(folder: Path) -> Callable[..., Result]:
    """checked("--set", ...) is what a person sees."""
    return lambda *arguments: CliRunner().invoke(command, [str(folder / "pipeline.yaml"), *arguments])


def errors(done: Result) -> list[str]:
    return [line.removeprefix("Error: ") for line in done.stderr.splitlines() if line.startswith("Error: ")]


def test_what_is_sound_is_shown_with_an_example_value_each(checked: Callable[..., Result], folder: Path) -> None:
    done = checked()
    assert done.exit_code == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["clicked", "clicked", "binary", "label", "1"] in lines
    assert ["age", "Age", "numeric,", "context", "10", "quantiles", "deep", "30"] in lines
    tags = "tags tags set, candidate vocabulary, seen 5 times wide, crossed, required a|b"
    assert tags.split() in lines
    assert f"train 1 52 bytes 2 {folder}/data/train/a.csv extra".split() in lines
    assert done.stdout.endswith(
        "mine: settings, 3 features and the first 6 rows are sound: widedeep run does the rest\n"
    )


def test_each_thing_that_is_wrong_is_told(checked: Callable[..., Result], folder: Path) -> None:
    (folder / "data/train/a.csv").write_text(
        "user,Age,tags,clicked\nu1,old,a,1\nu2,3,,0\nu3,3,a,\nu4,3,a,7\nu5,3,a,1\n"
    )
    (folder / "data/eval/a.csv").write_text("user,tags,clicked,age\nu1,a,1,3\n")
    (folder / "data/test/a.csv").unlink()
    done = checked("--set", "training.stop_on=rmse", "--set", "evaluation.group_by=users")
    assert done.exit_code == 2
    train = f"{folder}/data/train/a.csv"
    assert errors(done) == [
        "training.stop_on is 'rmse'; a binary label has auc, auc_pr, logloss, accuracy, calibration.",
        "evaluation.group_by: unknown feature 'users': did you mean 'user'?",
        f"{train}, row 1, column 'Age': 'old' is not a number.",
        f"{train}, row 2, column 'tags': the value is missing, and the model needs it (`required: true` in its "
        "features).",
        f"{train}, row 3, column 'clicked': the value is missing: each row needs its label.",
        f"{train}, row 4, column 'clicked': '7' is wrong: the label must be 0 or 1; write in features.yaml, "
        "if all above 0 is 1: label: {key: clicked, above: 0}.",
        f"{folder}/data/eval/a.csv: there is no column 'Age', which features.yaml declares: did you mean 'age'?",
        f"{folder}/data/test/*: matches no file. See data.path and data.splits in the pipeline's config.",
    ]


def test_wrong_data_alone_exits_with_1_and_many_faults_are_counted(
    checked: Callable[..., Result], folder: Path
) -> None:
    (folder / "data/train/a.csv").write_text("user,Age,tags,clicked\n" + "u,old,a,1\n" * 12)
    done = checked()
    assert done.exit_code == 1
    assert len(errors(done)) == 6
    assert errors(done)[-1] == f"{folder}/data/train/a.csv: 7 more of its first 12 rows can't be used."


def test_wrong_settings_do_not_hide_wrong_features(checked: Callable[..., Result], folder: Path) -> None:
    (folder / "features.yaml").write_text(FEATURES.replace("kind: set", "kind: sett"))
    done = checked("--set", "data.formt=csv")
    assert done.exit_code == 2
    of_settings, of_features = errors(done)
    assert "data: unknown key 'formt': did you mean 'format'?" in of_settings
    assert of_features.startswith(f"{folder}/features.yaml: features.tags.kind: ")


def test_what_may_not_be_meant_is_noted(checked: Callable[..., Result], folder: Path) -> None:
    for split in ("train", "eval", "test"):
        (folder / "data" / split / "a.csv").write_text("user,Age,tags,clicked\nu,,a,1\nv,,b,1\n")
    done = checked()
    assert done.exit_code == 0
    assert f"Note: {folder}/data/eval/a.csv: all of its first 2 rows have the label 1\n" in done.stderr
    assert "Note: age: no value in the first rows of any split\n" in done.stderr


def test_a_file_in_two_splits(checked: Callable[..., Result], folder: Path) -> None:
    done = checked("--set", "data.splits.test=[et]*/*")
    assert done.exit_code == 2
    [error] = errors(done)
    assert error.startswith("data.splits: 'train: train/*' and 'test: [et]*/*' both take ")


def test_negatives_are_shown_and_positives_alone_are_no_surprise(checked: Callable[..., Result], folder: Path) -> None:
    for split in ("train", "eval", "test"):
        (folder / "data" / split / "a.csv").write_text("user,Age,tags\nu,2,a\nv,3,b\n")
    done = checked("--set", "data.negatives={per_positive: 2, never: Age}")
    assert (done.exit_code, errors(done)) == (0, [])
    told = (
        "drawn    2 rows of label 0 for each of label 1, with another tags that no row has with its 'Age', all alike\n"
    )
    assert told in done.stdout
    assert "all of its first" not in done.stderr
    done = checked("--set", "data.negatives={per_positive: 2, from: [nobody]}")
    assert errors(done)[0].startswith("data.negatives.from: 'nobody' is no candidate feature: ")


def test_what_tells_a_rows_split_is_looked_at(checked: Callable[..., Result], folder: Path) -> None:
    (folder / "data/train/a.csv").write_text("user,Age,tags,clicked,at\nu,,a,1,2024-02-01\nv,,b,0,soon\n")
    by_hash = ("--set", "data.splits=null", "--set", "data.hash_split={train: 8, eval: 1, test: 1}")
    done = checked(*by_hash, "--set", "data.pattern=train/*", "--set", "data.hash_by=users")
    assert errors(done) == [
        f"{folder}/data/train/a.csv: there is no column 'users', which data.hash_by names: did you mean 'user'?"
    ]
    cuts = "{column: at, train: 2024-01-01, eval: 2024-03-01, test: 2024-04-01}"
    done = checked("--set", "data.splits=null", "--set", f"data.split_by_time={cuts}", "--set", "data.pattern=train/*")
    [error] = errors(done)
    assert error.startswith(f"{folder}/data/train/a.csv, row 2, column 'at': 'soon' ")


def test_rows_of_a_server_need_no_label(checked: Callable[..., Result], folder: Path) -> None:
    (folder / "data/asked.csv").write_text("user,Age,tags\nu,old,a\n")
    done = checked("--set", "data.serving=asked.csv")
    assert errors(done) == [f"{folder}/data/asked.csv, row 1, column 'Age': 'old' is not a number."]


def test_a_large_file_is_read_at_its_beginning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from widedeep.components.ingest.csv_files.dialect import PLAIN

    monkeypatch.setattr(file_heads, "_HEAD_BYTES", 40)
    path = folder / "day=3" / "a.csv"
    path.parent.mkdir()
    # The first 40 bytes end within a field that has a line break.
    path.write_text('user,tags\nu1,"a, b"\nu2,"c\nd e f g h i j k"\nu3,x\n')
    with head(str(path), "csv", PLAIN) as (copy, _):
        assert Path(copy).parent.name == "day=3"
        assert Path(copy).read_text() == 'user,tags\nu1,"a, b"\n'
    # What is broken is left to its reader.
    path.write_text('user\n"u\n' + "x" * 100)
    with head(str(path), "csv", PLAIN) as (same, _):
        assert same == str(path)


def test_every_transform_has_words() -> None:
    number = {"kind": "numeric", "side": "context", "deep": {}}
    text = {"kind": "categorical", "side": "candidate", "wide": True}
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "stars", "kind": "multiclass", "classes": 5},
            "weight": "w",
            "features": [
                {"key": "a", "transform": {"z_score": {}, "buckets": {"boundaries": [1, 2]}}, **number},
                {"key": "b", "bits": 64, "transform": {"log": {}}, **number},
                {"key": "c", "transform": {"vocabulary": {"max_size": 9000}}, **text, "slice": True},
                {"key": "d", "transform": {"vocabulary": {"of": "c"}}, **text},
                {
                    "key": "at",
                    "kind": "time",
                    "side": "context",
                    "zone": "Europe/Berlin",
                    "wide": True,
                    "parts": {"hour": {}, "age": {"since": "out", "transform": {"log": {}}, "deep": {}}},
                },
                {"key": "out", "kind": "time", "side": "candidate", "unit": "ms"},
            ],
            "crosses": [{"keys": ["a", "c"], "buckets": 1000}],
        }
    )
    assert [tuple(line)[2:] for line in understood(spec)] == [
        ("multiclass label, 5 classes", "", ""),
        ("weight", "", ""),
        ("numeric, context", "3 buckets; z-score", "crossed, deep"),
        ("numeric of 64 bits, context", "log", "deep"),
        ("categorical, candidate", "vocabulary, the 9,000 most frequent", "wide, crossed, sliced"),
        ("categorical, candidate", "vocabulary of c", "wide"),
        ("time in s, Europe/Berlin, context", "", ""),
        ("part of at, context", "24 buckets", "wide"),
        ("seconds since out, candidate", "log", "deep"),
        ("time in ms, UTC, candidate", "", ""),
    ]
    assert crosses(spec) == ["a × c in 1,000 buckets"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({"positive": ["yes", "y"]}, "binary label, 1: yes or y"),
        ({"positive": ["yes"], "negative": ["no"]}, "binary label, 1: yes, 0: no"),
        ({"above": 0.5}, "binary label, 1 above 0.5"),
    ],
)
def test_the_rule_of_a_label_has_words(label: dict[str, object], words: str) -> None:
    feature = {"key": "a", "kind": "categorical", "side": "context", "transform": {"vocabulary": {}}, "wide": True}
    spec = FeatureSpec.model_validate({"label": {"key": "y", **label}, "features": [feature]})
    assert understood(spec)[0].kind == words


def test_numbers_that_32_bits_can_not_keep_apart_are_told(checked: Callable[..., Result], folder: Path) -> None:
    """Unix times of ten minutes: of the 600 numbers, 32 bits hold some six."""
    rows = "".join(f"u,{1_700_000_000 + second},a,{second % 2}\n" for second in range(600))
    for split in ("train", "eval", "test"):
        (folder / "data" / split / "a.csv").write_text(f"user,Age,tags,clicked\n{rows}")
    done = checked()
    assert done.exit_code == 0
    [note] = [line for line in done.stderr.splitlines() if line.startswith("Note: ")]
    assert note.startswith(
        "Note: in the first rows, and if in all, the run stops: column 'Age': 32 bits can't keep its numbers apart: "
    )
    assert "Set 'bits: 64' for the feature" in note


def test_what_is_wrong_with_all_splits_is_told_once(checked: Callable[..., Result], folder: Path) -> None:
    done = checked("--set", "data.path=one/all.csv")
    assert done.exit_code == 2
    assert errors(done) == [f"data.path: there is no folder {folder}/one/all.csv."]
