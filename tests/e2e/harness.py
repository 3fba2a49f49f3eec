"""The command line as a person calls it, and small real slices of the data sets."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WIDEDEEP = str(Path(sys.executable).parent / "widedeep")


@dataclass(frozen=True)
class Slice:
    """A pipeline file whose data is a slice."""

    pipeline: Path
    data: Path


@dataclass(frozen=True)
class Ran:
    """A finished `widedeep run`."""

    code: int
    stdout: str
    stderr: str
    result: dict[str, Any] | None

    @property
    def states(self) -> dict[str, str]:
        assert self.result is not None, self.stderr
        return {node["id"]: node["state"] for node in self.result["components"]}


def command(slice_: Slice, workdir: Path, *settings: str) -> list[str]:
    flags = [flag for setting in settings for flag in ("--set", setting)]
    return [WIDEDEEP, "run", str(slice_.pipeline), "--workdir", str(workdir), *flags]


def plain() -> dict[str, str]:
    """The environment without what would colour or widen the output."""
    return {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}


def settings_beside(name: str, data: Path, folder: Path) -> Slice:
    """A copy of the checked-in settings beside which `data` lies."""
    for file in (ROOT / "schema" / name).iterdir():
        (folder / file.name).write_text(file.read_text())
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace(f"../../data/{name}", str(data)))
    assert str(data) in pipeline.read_text()
    return Slice(pipeline, data)


def csv_slice(name: str, rows: dict[str, int], tmp_path: Path, whole: Path) -> Slice:
    data = tmp_path / f"{name}-data"
    for split, count in rows.items():
        (data / split).mkdir(parents=True)
        lines = (whole / split / "data.csv").read_text().splitlines(keepends=True)
        (data / split / "data.csv").write_text("".join(lines[: count + 1]))
    (tmp_path / "settings").mkdir()
    return settings_beside(name, data, tmp_path / "settings")
