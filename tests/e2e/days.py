"""MovieLens in days."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml
from harness import ROOT, Slice, keep, latest


def settled(folder: Path, some: Collection[str] = (), **data: Any) -> Slice:
    """MovieLens's settings for data that come in days, with some features or all of them."""
    for file in (ROOT / "schema" / "movielens").iterdir():
        (folder / file.name).write_text(file.read_text())
    settings = yaml.safe_load((folder / "pipeline.yaml").read_text())
    splits = {split: f"day-{{SPAN}}/{split}/*" for split in ("train", "eval", "test")}
    settings["data"] = {"path": "data", "format": "parquet", "splits": splits} | data
    if some:
        keep(folder, some)
        del settings["schema"]
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(settings))
    return Slice(folder / "pipeline.yaml", folder / "data")


def trained(workdir: Path) -> dict[str, Any]:
    return json.loads((latest(workdir, "Trainer", "model_run") / "training.json").read_text())
