"""Raw files of days, without splits or a schema, in a folder whose name would be a pattern."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from calls import started
from harness import LOOSE, Ran, Slice

Run = Callable[..., Ran]


def test_one_csv_with_a_hash_split_spans_and_a_derived_schema(taxi: Slice, tmp_path: Path, run: Run) -> None:
    lines = [(taxi.data / split / "data.csv").read_text().splitlines() for split in ("train", "eval", "test")]
    rows = [line for split in lines for line in split[1:]]
    for span, part in ((1, rows[:2400]), (2, rows[2400:])):
        (taxi.data / f"day-{span}").mkdir()
        (taxi.data / f"day-{span}" / "trips.csv").write_text("\n".join([lines[0][0], *part]) + "\n")
    settings = yaml.safe_load(taxi.pipeline.read_text())
    settings.pop("schema", None)
    settings["data"] = {
        "path": str(taxi.data),
        "format": "csv",
        "pattern": "day-{SPAN}/*",
        "hash_split": {"train": 3, "eval": 1, "test": 1},
    }
    taxi.pipeline.write_text(yaml.safe_dump(settings))

    # A path that would be a pattern of files, and stands for itself.
    workdir = tmp_path / "[v2] *? \\"
    latest = run(taxi, workdir, LOOSE)
    assert latest.code == 0, latest.stderr
    assert latest.result is not None
    held_out = latest.result["metrics"]["candidate"]["rows"]
    # A fifth of 2,400 rows, give or take five standard deviations.
    assert abs(held_out - 480) < 5 * (2400 * 0.2 * 0.8) ** 0.5
    with started(taxi, workdir, "data.span=1") as earlier:
        assert "cached" not in earlier.wait_for("✓ ExampleGen")
        earlier.process.kill()
