"""--set: what it changes, and how a mistake reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plain_settings import PLAIN, changed, load, refused

from widedeep.components.common.errors import ConfigError


def test_set(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "training.epochs=7",
        "training.deep.hidden=[8, 4]",
        "training.wide.l2=0.25",
        "evaluation.bounds={auc: {at_least: 0.6}}",
        "name=other",
        "beam.options=[--project=X=Y]",
    )
    assert loaded.training.epochs == 7
    assert loaded.training.deep.hidden == (8, 4)
    assert (loaded.training.wide.l1, loaded.training.wide.l2) == (0.5, 0.25)
    assert loaded.evaluation.bounds["auc"].at_least == 0.6
    assert loaded.name == "other"
    assert loaded.beam.options == ("--project=X=Y",)


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
