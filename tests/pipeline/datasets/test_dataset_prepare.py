"""What holds for every data set: names, facts, determinism, a light import."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.datasets import NAMES, Summary, prepare

REPOSITORY = Path(__file__).resolve().parents[3]

Prepared = Callable[[str], Summary]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "movielnes",
            "data set 'movielnes' is not known. Did you mean 'movielens'? Choose one of: movielens, census, taxi.",
        ),
        ("TAXI", "data set 'TAXI' is not known. Did you mean 'taxi'? "),
        ("zzz", "data set 'zzz' is not known. Choose one of: movielens, census, taxi."),
    ],
)
def test_unknown_name_says_the_nearest(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        prepare(name, tmp_path / "out")
    assert str(caught.value).startswith(text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_summary_is_that_of_the_files(name: str, prepared: Prepared) -> None:
    summary = prepared(name)
    assert summary.name == name
    assert list(summary.splits) == ["train", "eval", "test"]
    files = digests(summary.out)
    for split, facts in summary.splits.items():
        assert list((summary.out / split).iterdir()) == [facts.path]
        assert files[facts.path.relative_to(summary.out).as_posix()] == facts.sha256
    assert "Terms" in (summary.out / "SOURCE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_another_process_writes_the_same_bytes(name: str, prepared: Prepared, tmp_path: Path) -> None:
    first = prepared(name)
    out = tmp_path / "again"
    code = "import sys; from pathlib import Path; from widedeep.pipeline.datasets import prepare; "
    code += "prepare(sys.argv[1], Path(sys.argv[2]))"
    # What most often makes two runs differ: the order of sets, and the local time.
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", code, name, str(out)], cwd=REPOSITORY, env=environment, check=True)
    assert digests(out) == digests(first.out)


def test_import_is_light() -> None:
    code = "import sys, widedeep.pipeline.datasets; "
    code += "print([n for n in ('pyarrow', 'pandas', 'tfx', 'tensorflow') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
