"""The table of faults: what stops each one, and that the version that serves stays the same.

Runs meet the faults in a working directory whose version 1 serves, and a server polls its versions meanwhile. What has
been run before comes from the cache. `pytest -rA` shows the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import faults
import pytest
import tensorflow as tf
from fault_scene import Scene, Server, content, stopper
from harness import LOOSE, Pushed, Ran, latest

# What a run says that does not come to its end, and one whose model is refused.
STOPPED = "Nothing was pushed."
REFUSED = "not blessed: "
# And one that could not be tried.
OPEN = "no verdict: "
UNCHANGED = "not pushed; the version that serves is unchanged"


@dataclass(frozen=True)
class Row:
    """A fault, what stops it, the run's exit code, parts of what the run says, and what it leaves beside versions."""

    fault: Callable[[Scene], Ran]
    stopped_by: str
    code: int
    words: tuple[str, ...]
    left: tuple[str, ...] = ()


ROWS = [
    Row(faults.corrupt_rows, "ExampleGen", 1, ("data.csv", "row 17", "'age'", "'forty'", STOPPED)),
    Row(
        faults.misplaced_quote,
        "ExampleGen",
        1,
        ("data.csv, row 17, column 'sex': a quote is neither doubled nor followed by the delimiter: ", STOPPED),
    ),
    Row(
        faults.times_as_numbers,
        "ExampleGen",
        1,
        ("column 'age': 32 bits can't keep its numbers apart", "of the pairs of different ones", STOPPED),
    ),
    Row(faults.rows_changed_in_place, "ExampleGen", 1, ("data.csv", "row 17", "'age'", "'xx'", STOPPED)),
    Row(faults.unknown_values, "DataGate", 1, ("split 'train', feature 'sex': ", "Unknown", "3,000", STOPPED)),
    Row(faults.file_in_two_splits, "ExampleGen", 2, ("'train: */*' and 'eval: eval/*' both take ", STOPPED)),
    Row(
        faults.values_written_otherwise,
        "DataGate",
        1,
        (
            "split 'test', feature 'occupation': train never had 100.0% ",
            "'EXEC-MANAGERIAL' is 'Exec-managerial' in train",
            STOPPED,
        ),
    ),
    Row(
        faults.feature_without_values,
        "DataGate",
        1,
        (
            "split 'eval', feature 'education_num': no row has a value, but 3,000 of 3,000 rows of train have one",
            STOPPED,
        ),
    ),
    Row(
        faults.drifted_span,
        "DataGate",
        1,
        ("feature 'age': drift from the span accepted before it: ", ", at most 0.1 is allowed; mean ", STOPPED),
    ),
    Row(
        faults.worse_model,
        "Evaluator",
        3,
        (REFUSED, "auc is ", " lower than the last blessed model's ", "at most 0.005 is allowed", UNCHANGED),
    ),
    Row(
        faults.learned_nothing,
        "Evaluator",
        3,
        (
            REFUSED,
            "logloss is ",
            "a model must beat that; its score is the same for all rows",
            " wide weights are 0",
            UNCHANGED,
        ),
    ),
    Row(
        faults.few_positives,
        "Evaluator",
        3,
        (REFUSED, "only 2 of the 1,500 rows of 'rare' have label 1: too few to tell", UNCHANGED),
    ),
    Row(
        faults.nan_weights,
        "Evaluator",
        3,
        (REFUSED, "for 1,500 of 1,500 rows the model's score is no number", UNCHANGED),
    ),
    Row(
        faults.nan_weights_once_evaluated,
        "DryRun",
        3,
        (REFUSED, " differs from the batch prediction by nan, at most 1e-05 is allowed", UNCHANGED),
    ),
    Row(faults.fails_to_load, "DryRun", 4, (OPEN, "the model can't be loaded: ", UNCHANGED)),
    Row(faults.slow_model, "DryRun", 4, (OPEN, "p99 milliseconds: ", ", at most 100 is allowed", UNCHANGED)),
    Row(
        faults.skewed_signature,
        "DryRun",
        3,
        (REFUSED, " differs from the batch prediction by ", ", at most 1e-05 is allowed", UNCHANGED),
    ),
    Row(faults.crash_in_push, "Pusher", -9, (), (".pushing-2",)),
    Row(faults.file_size_limit, "Pusher", 1, ("[Errno 27] File too large", "No version has changed.")),
    Row(faults.full_disk, "Pusher", 1, ("the disk is full. Free some space", "No version has changed.")),
    Row(
        faults.another_pipeline,
        "the start",
        2,
        ("is the working directory of the pipeline 'census', and this one is 'others'. Give it another --workdir",),
    ),
    Row(
        faults.other_features,
        "the start",
        2,
        ("features.yaml: the models in ", " are of other features, those of ", "Give this pipeline another --workdir"),
    ),
    Row(
        faults.damaged_metadata,
        "the start",
        1,
        ("metadata.sqlite: the metadata are damaged: ", "Put back a copy of the file; or move it and the folder"),
    ),
    Row(faults.two_runs_at_once, "the start", 1, ("another run works there. Wait for it",)),
]
# After it the same command does what it would have done without: the last test.
OF_THE_MACHINE = Row(
    faults.server_cannot_start,
    "DryRun",
    4,
    (
        OPEN,
        "the server ended with code 127: error while loading shared libraries: libx.so.1",
        "(of the machine, not of the model: the same command tries it again)",
        UNCHANGED,
    ),
)


@pytest.fixture(scope="module")
def server(pushed: Callable[[str], Pushed]) -> Iterator[Server]:
    made = Server(pushed("census").workdir / "models")
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(pushed: Callable[[str], Pushed]) -> list[bytes]:
    """To ask the server for."""
    parts = sorted((latest(pushed("census").workdir, "ExampleGen", "examples") / "Split-test").iterdir())
    return list(tf.data.TFRecordDataset([str(part) for part in parts], "GZIP").take(5).as_numpy_iterator())


@pytest.fixture
def scene(
    anew: Callable[[str], Pushed], tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    census = anew("census")
    with ExitStack() as later:
        yield Scene(census.slice, census.workdir, tmp_path, run, monkeypatch, later)


@pytest.fixture(scope="module")
def table() -> Iterator[list[tuple[str, ...]]]:
    """Its rows, which it prints."""
    lines: list[tuple[str, ...]] = [("fault", "stopped by", "exit code", "version that serves", "what the run said")]
    yield lines
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for row in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@pytest.fixture
def meet(
    scene: Scene,
    server: Server,
    rows: list[bytes],
    pushed: Callable[[str], Pushed],
    table: list[tuple[str, ...]],
) -> Callable[[Row], str]:
    """Has a run meet a fault, looks that version 1 serves on, and tells what stopped it."""

    def met(row: Row) -> str:
        models = scene.workdir / "models"
        server.wait_for(1)
        before, answer, known = content(models), server.answer(rows), server.known()
        assert answer[0] == 1
        assert len(set(answer[1])) == len(rows)

        ran = row.fault(scene)

        told = " ".join((ran.stderr + ran.stdout).split())
        assert ran.code == row.code, told
        assert [part for part in row.words if part not in told] == [], told
        assert "Traceback" not in told
        stopped_by = stopper(ran, list(pushed("census").ran.states))
        after = content(models)
        hidden = {name for name in after if name.startswith(".")}
        assert {name: digest for name, digest in after.items() if name not in hidden} == before
        assert {name for name in hidden if "/" not in name} == set(row.left)
        assert server.answer(rows) == answer
        # In none of its looks has it seen another version, not even one that could not be loaded.
        assert server.known() == known
        said = told[told.index(row.words[0]) :][:80] if row.words else ""
        table.append((row.fault.__name__.replace("_", " "), stopped_by, str(ran.code), str(answer[0]), said))
        return stopped_by

    return met


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault.__name__)
def test_a_fault_is_stopped_and_version_1_serves_on(row: Row, meet: Callable[[Row], str]) -> None:
    assert meet(row) == row.stopped_by


def test_a_fault_of_the_machine_is_stopped_and_by_the_same_command_version_2_serves(
    scene: Scene, server: Server, rows: list[bytes], meet: Callable[[Row], str]
) -> None:
    """What the candidates of the table would have become.

    Once it has passed, its outcome stays in the cache.
    """
    assert meet(OF_THE_MACHINE) == OF_THE_MACHINE.stopped_by
    _, scores = server.answer(rows)
    ran = scene.go(LOOSE, faults.TRY_AGAIN)
    assert ran.code == 0, ran.stdout + ran.stderr
    assert {node for node, state in ran.states.items() if state == "COMPLETE"} == {
        "LatestBlessedModel",
        "DryRun",
        "Pusher",
    }
    assert server.answer(rows) == (2, scores)
    ran = scene.go(LOOSE, faults.TRY_AGAIN)
    assert (ran.code, ran.states["DryRun"], ran.states["Pusher"]) == (0, "CACHED", "CACHED")
