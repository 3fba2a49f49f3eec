"""The way back from a pushed version to its rows, through metadata made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.pushes import model_of, pushes, raw_examples
from widedeep.components.metadata.store import open_file
from widedeep.pipeline.local.workdir import Workdir
from widedeep.pipeline.versions.training_rows import train_files


def refused(model: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        train_files(model)
    return str(caught.value)


def split(worked: Any, examples: int, *names: str) -> list[str]:
    """Writes files of a split, and of another one."""
    folder = Path(worked.artifact(examples).uri)
    for name in ("train", "eval"):
        (folder / f"Split-{name}").mkdir()
        for part in names:
            (folder / f"Split-{name}" / part).touch()
    return [str(folder / "Split-train" / part) for part in sorted(names)]


def test_the_train_files_of_a_pushed_model(worked: Any) -> None:
    first, second = worked.run("1"), worked.run("2")
    # A training has more inputs than its rows: here a model that comes before them in the metadata.
    third = worked.run("3", base=second["model"])
    split(worked, first["examples"], "others")
    expected = split(worked, third["examples"], "data-2.gz", "data-1.gz")
    version = worked.workdir.models / "3"
    assert train_files(version) == expected
    assert train_files(version / ".." / "3") == expected


def test_the_train_files_of_all_spans_of_a_window(worked: Any) -> None:
    first = worked.run("1", span=1)
    second = worked.run("2", span=2, window={1: first["examples"]})
    expected = [*split(worked, first["examples"], "a.gz"), *split(worked, second["examples"], "a.gz")]
    assert train_files(worked.workdir.models / "1") == expected[:1]
    assert train_files(worked.workdir.models / "2") == expected
    (Path(worked.artifact(first["examples"]).uri) / "Split-train" / "a.gz").unlink()
    assert "the rows that it was trained on are gone" in refused(worked.workdir.models / "2")


def test_of_a_version_that_a_rollback_put_back(worked: Any) -> None:
    expected = split(worked, worked.run("1")["examples"], "a.gz")
    worked.run("2")
    again = worked.workdir.models / "3" / "assets.extra"
    again.mkdir(parents=True)
    (again / "lineage.json").write_text(json.dumps({"rollback": {"to": 1, "from": 2, "at": ""}}))
    assert train_files(again.parent) == expected


def test_the_last_push_of_a_number_that_was_given_twice(worked: Any) -> None:
    made = [worked.run(run) for run in ("1", "2")]
    for outputs in made:
        worked.change(outputs["pushed_model"], pushed_destination="/elsewhere/models/7")
    store = open_file(worked.workdir.metadata)
    pushed = pushes(store)
    assert list(pushed) == [7]
    assert model_of(store, pushed[7]).id == made[1]["model"]
    assert [example.id for example in raw_examples(store, pushed[7])] == [made[1]["examples"]]


def test_a_model_that_was_not_pushed_is_no_version(worked: Any) -> None:
    worked.run("1", blessed=False)
    assert pushes(open_file(worked.workdir.metadata)) == {}


def test_what_was_found_in_the_cache_has_its_first_makers_rows(worked: Any) -> None:
    first = worked.run("1")
    worked.run("2", cached=first)
    store = open_file(worked.workdir.metadata)
    assert [example.id for example in raw_examples(store, pushes(store)[2])] == [first["examples"]]


def test_what_leads_nowhere_is_said(worked: Any, tmp_path: Path) -> None:
    nowhere = "lies in no working directory (WORKDIR/models/1) that would know its data"
    assert refused(tmp_path / "other" / "models" / "1") == f"{tmp_path}/other/models/1: {nowhere}"
    assert refused(tmp_path) == f"{tmp_path}: {nowhere}"
    for name in ("latest", ".pushing-2"):
        assert refused(worked.workdir.models / name) == f"{worked.workdir.models}/{name}: {nowhere}"
    version, metadata = worked.workdir.models / "1", worked.workdir.metadata
    assert refused(version) == f"{version}: {metadata} knows of no run that pushed it"
    examples = worked.run("1")["examples"]
    pattern = f"{worked.artifact(examples).uri}/Split-train/*"
    assert refused(version) == f"{version}: the rows that it was trained on are gone: {pattern} matches no file"


def test_metadata_are_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open database file"):
        open_file(Workdir(tmp_path).metadata)
    assert list(tmp_path.iterdir()) == []
