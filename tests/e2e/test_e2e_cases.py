"""The small inputs on which an earlier state of the product went wrong, each with the outcome that is right.

They are no part of the project: the tests are skipped where there is no folder of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import LOOSE, ROOT, Ran, Slice

pytestmark = pytest.mark.repeats

CASES = Path(os.environ.get("WIDEDEEP_CASES", ROOT.parent / "shared" / "cases"))
STOPPED = "Nothing was pushed."


@pytest.fixture
def case(tmp_path: Path) -> Callable[[str], Slice]:
    def copied(name: str) -> Slice:
        if not (CASES / name).is_dir():
            pytest.skip(f"no case in '{CASES / name}': set WIDEDEEP_CASES to the folder that holds them")
        folder = tmp_path / name
        # Theirs may be read-only.
        shutil.copytree(CASES / name, folder, copy_function=shutil.copyfile)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        return Slice(folder / "pipeline.yaml", folder / "data")

    return copied


def told(ran: Ran) -> str:
    assert "Traceback" not in ran.stdout + ran.stderr
    return " ".join((ran.stdout + ran.stderr).split())


@pytest.mark.parametrize(
    ("name", "settings", "code", "words"),
    [
        (
            "learned_nothing",
            ("training.model=wide", "training.wide.l1=1000000"),
            3,
            ("not blessed: ", "its score is the same for all rows", "not pushed"),
        ),
        ("few_positives", (), 3, ("only 2 of the 5,000 rows of 'test' have label 1: too few to tell", "not pushed")),
        ("split_overlap", (), 2, ("'train: part*' and 'eval: part-eval*' both take ", "part-eval.csv", STOPPED)),
        (
            "csv_backslash",
            (),
            1,
            ("a quote is neither doubled nor followed by the delimiter", "column 'item'", STOPPED),
        ),
        ("csv_backslash", (LOOSE, 'data.escape="\\\\"'), 0, ("pushed",)),
        (
            "epoch_float32",
            (),
            1,
            ("column 'ts_ms': 32 bits can't keep its numbers apart", "column 'ts_s'", "bits: 64", STOPPED),
        ),
        ("feature_named_class", (LOOSE,), 0, ("pushed",)),
        ("spark_output", (LOOSE,), 0, ("pushed",)),
    ],
)
def test_a_case_has_the_right_outcome(
    case: Callable[[str], Slice],
    run: Callable[..., Ran],
    tmp_path: Path,
    name: str,
    settings: tuple[str, ...],
    code: int,
    words: tuple[str, ...],
) -> None:
    ran = run(case(name), tmp_path / "work", *settings)
    assert ran.code == code, ran.stderr
    assert [part for part in words if part not in told(ran)] == [], told(ran)


def test_times_are_kept_apart_in_64_bits(case: Callable[[str], Slice], run: Callable[..., Ran], tmp_path: Path) -> None:
    """As well as the same numbers counted from 0, of which a model has AUC 0.975."""
    times = case("epoch_float32")
    features = times.pipeline.parent / "features.yaml"
    features.write_text(features.read_text().replace("kind: numeric,", "kind: numeric, bits: 64,"))
    ran = run(times, tmp_path / "work")
    assert ran.code == 0, told(ran)
    assert ran.result is not None
    assert ran.result["metrics"]["candidate"]["auc"] > 0.95


def test_labels_corrected_in_place_are_read_again(
    case: Callable[[str], Slice], run: Callable[..., Ran], tmp_path: Path
) -> None:
    """Their file has the same size and time of change: the second model ranks as the first one does, upside down."""
    mine = case("same_mtime")
    first = run(mine, tmp_path / "work", LOOSE)
    subprocess.run([sys.executable, "flip.py"], cwd=mine.data.parent, check=True)
    second = run(mine, tmp_path / "work", LOOSE)
    assert (first.states["ExampleGen"], second.states["ExampleGen"]) == ("COMPLETE", "COMPLETE")
    assert {second.states[node] for node in ("Transform", "Trainer", "Evaluator")} == {"COMPLETE"}


def test_span_010_is_day_10(case: Callable[[str], Slice], run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run(case("span_octal"), tmp_path / "work", LOOSE, "span=010")
    assert ran.code == 0, told(ran)
    assert ran.result is not None
    assert dict(ran.result["lineage"])["data"].startswith("span 10, ")
