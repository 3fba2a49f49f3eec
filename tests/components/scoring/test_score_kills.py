"""A scoring that is killed, at whatever moment, leaves what was there before, and the next one nothing of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.segments import SegmentWriter, segments

pytestmark = pytest.mark.usefixtures("forked_commands")
# Writes two segments of two batches, and kills itself in the call of a function that has so many others before it.
_WRITES = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from widedeep.components.scoring import output, output_tables, segments

def killing(owner, name, calls):
    real, seen = getattr(owner, name), []
    def call(*arguments):
        seen.append(1)
        if len(seen) > calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)
    setattr(owner, name, call)

target, where, calls = sys.argv[1:]
owner, name = where.split(".")
killing({"Csv": output_tables._Csv, "Output": output.Output, "os": os}[owner], name, int(calls))
made = output.Output.named(target, force=True)
with made.draft() as draft:
    (draft / "segments").mkdir()
    for number in range(2):
        with segments.SegmentWriter(draft / "segments", 0, number) as writer:
            for score in (1.0, 2.0):
                writer.write(pa.RecordBatch.from_pydict({"score": [score]}), [])
    made.write(segments.segments(draft / "segments"), draft, lambda rows: None)
"""
_SCORES = """
import os, signal, sys, json
from pathlib import Path
from widedeep.components.ingest.csv_files.dialect import PLAIN
from widedeep.components.scoring.job import Watch, score_files
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.work import Plan

model, spec, rows, target = sys.argv[1:]
plan = Plan(model, spec, "csv", PLAIN, (), False, False, 1, "")
# When the first rows of the scores have been written.
watch = Watch(lambda folder: None, lambda rows: os.kill(os.getpid(), signal.SIGKILL))
arguments = ["--runner=widedeep.components.common.process.direct_engine.DirectEngine"]
score_files(plan, [rows], 1, Output.named(target, force=True), None, arguments, watch)
"""


def killed(code: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def written(target: Path) -> None:
    """Another scoring of the same output, which ends well."""
    output = Output.named(str(target), force=True)
    with output.draft() as draft:
        (draft / "segments").mkdir()
        with SegmentWriter(draft / "segments", 0, 0) as writer:
            writer.write(pa.RecordBatch.from_pydict({"score": [0.5]}), [])
        output.write(segments(draft / "segments"), draft, lambda rows: None)


@pytest.mark.parametrize("before", [None, "score\n9.0\n"])
@pytest.mark.parametrize(
    ("where", "calls"), [("Csv.write", 1), ("Csv.write", 3), ("Output._put", 0), ("os.replace", 2)]
)
def test_killed_while_it_writes(tmp_path: Path, where: str, calls: int, before: str | None) -> None:
    """In the midst of a file, before its last rows, when it is whole, and at the last step."""
    target = tmp_path / "a.csv"
    if before:
        target.write_text(before)
    killed(_WRITES, str(target), where, str(calls))
    assert (target.read_text() if target.exists() else None) == before
    written(target)
    assert target.read_text() == "score\n0.5\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_killed_while_it_scores(model: Path, spec: FeatureSpec, write: Callable[..., str], tmp_path: Path) -> None:
    rows = write("rows.csv", "x,Colour\n" + "1,red\n" * 20)
    killed(_SCORES, str(model), features.to_json(spec), rows, str(tmp_path / "a.jsonl"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.jsonl.draft", "rows.csv"]
    written(tmp_path / "a.jsonl")
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()] == [{"score": 0.5}]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "rows.csv"]
