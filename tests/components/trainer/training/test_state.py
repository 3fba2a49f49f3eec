"""A training's state on disk: whole and bit for bit, or an error that says what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training import state
from widedeep.components.trainer.training.state import Training, load, new_training, save
from widedeep.components.trainer.training_options import TrainingOptions

STRINGS = [b"b", b" a ", "\u00e9".encode(), b"\xff\x00\r", b"two\nlines", b"\n"]
WORDS = {"kind": "categorical", "transform": {"vocabulary": {"oov_buckets": 2}}, "wide": True, "deep": {"embedding": 2}}
HASHED = {"kind": "set", "transform": {"hash": {"buckets": 4}}, "wide": True, "deep": {"embedding": 3}}
NUMBER = {"kind": "numeric", "transform": {"log": {}}, "deep": {}}
OPTIONS = {"seed": 4, "wide": {"l1": 0.125}, "deep": {"hidden": [4], "optimizer": "adam", "batch_norm": True}}


def training(options: dict[str, Any] = OPTIONS, cut: Sequence[str] = (), **features: dict[str, Any]) -> Training:
    declared = [{"key": key, "side": "context", **feature} for key, feature in features.items()]
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": declared})
    vocabularies = {"words_vocabulary": STRINGS} if "words" in features else {}
    return new_training(spec, TrainingOptions.model_validate(options), vocabularies, cut)


def variables(made: Training) -> list[tf.Variable]:
    """All of them, slots and moving averages too, each with other numbers in it."""
    variables_ = list(made.trainer.variables)
    assert len({id(variable) for variable in variables_}) == len(variables_)
    return variables_


def filled(made: Training) -> Training:
    for number, variable in enumerate(variables(made), 1):
        values = tf.range(tf.size(variable, out_type=tf.int64)) + 1000 * number
        variable.assign(tf.reshape(tf.cast(values, variable.dtype), variable.shape))
    return made


KINDS = {
    "all": training(words=WORDS, tags=HASHED, size=NUMBER),
    "adagrad": training({"deep": {"hidden": [4, 3]}}, words=WORDS),
    "no vocabulary": training({"model": "wide"}, tags=HASHED),
    "buckets that were found": training(cut=["tags_id"], words=WORDS, tags=HASHED),
    "numbers only": training({"model": "deep", "deep": {"hidden": []}}, size=NUMBER),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_loaded_is_what_was_saved(tmp_path: Path, kind: str) -> None:
    made = filled(KINDS[kind])
    save(made, str(tmp_path / "state"))
    loaded = load(str(tmp_path / "state"))
    assert (loaded.spec, loaded.options, loaded.vocabularies) == (made.spec, made.options, made.vocabularies)
    assert loaded.layout == made.layout
    assert len(variables(loaded)) == len(variables(made)) >= 4
    for ours, theirs in zip(variables(loaded), variables(made), strict=True):
        assert ours is not theirs
        assert (ours.numpy() == theirs.numpy()).all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(filled(KINDS["all"]), str(tmp_path / "state"))
    return tmp_path / "state"


PARTS = ["features.json", "training.json", "vocabularies/words_vocabulary", "weights-sums.index"]


def refused(folder: Path) -> str:
    """What lies between the folder and the remedy."""
    with pytest.raises(DataError) as caught:
        load(str(folder))
    text = str(caught.value)
    start = (
        f"{folder}: the last blessed model's training state is missing or not whole, or an earlier version wrote it: "
    )
    end = ". To start without it, set training.warm_start to false for one run."
    assert text.startswith(start), text
    assert text.endswith(end), text
    why = text.removeprefix(start).removesuffix(end)
    assert why
    assert len(text) < 1000
    return why


def test_a_model_without_a_state(tmp_path: Path) -> None:
    assert "features.json" in refused(tmp_path / "none")


@pytest.mark.parametrize("former", ["weights", "weights-root"])
def test_what_earlier_versions_wrote_is_not_taken_for_todays(folder: Path, former: str) -> None:
    """Weights of plain sums over sets, and those that lay beside FTRL's sums."""
    for path in folder.glob("weights-sums.*"):
        path.rename(path.with_name(path.name.replace("weights-sums", former)))
    assert "weights-sums" in refused(folder)


def test_every_file_is_needed(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in files}
    assert set(PARTS) <= names
    for path in files:
        content = path.read_bytes()
        path.unlink()
        assert refused(folder)
        path.write_bytes(content)
    load(str(folder))


@pytest.mark.parametrize("name", PARTS)
def test_a_file_that_was_cut_short(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert refused(folder)


def test_weights_that_were_cut_short(folder: Path) -> None:
    [data] = folder.glob("weights-sums.data-*")
    data.write_bytes(data.read_bytes()[:100])
    assert refused(folder)


def test_a_setting_that_this_version_does_not_know(folder: Path) -> None:
    options = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps(options | {"momentum": 0.9}))
    assert "momentum" in refused(folder)


def test_weights_of_another_training(folder: Path) -> None:
    """Its optimizer has other slots."""
    options = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps(options | {"deep": OPTIONS["deep"] | {"optimizer": "adagrad"}}))
    assert refused(folder) == "weights and settings do not fit"


def test_a_save_that_was_killed_leaves_nothing_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of its writes was the last one."""
    real, written = state._write, []

    def counted(path: str, content: bytes) -> None:
        written.append(path)
        real(path, content)

    monkeypatch.setattr(state, "_write", counted)
    save(KINDS["all"], str(tmp_path / "whole"))
    for last in range(len(written)):
        left = [last]

        def killed(path: str, content: bytes, left: list[int] = left) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            real(path, content)

        monkeypatch.setattr(state, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            save(KINDS["all"], str(tmp_path / f"killed-{last}"))
        refused(tmp_path / f"killed-{last}")
