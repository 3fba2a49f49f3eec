"""A pipeline's run from Python."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from widedeep.pipeline.interface.commands import result_of, set_words

if TYPE_CHECKING:
    import pandas as pd

    from widedeep.pipeline.record.summary import Summary


def run(
    pipeline: str | PathLike[str],
    *,
    workdir: str | PathLike[str] | None = None,
    settings: Mapping[str, object] | None = None,
    frames: Mapping[str, pd.DataFrame] | None = None,
) -> Summary:
    """Runs a whole pipeline as `widedeep run` does, and shows its progress on stderr.

    Args:
        pipeline: path of its pipeline.yaml.
        workdir: where artifacts, metadata and pushed models go; None: work/NAME.
        settings: as --set: {"training.epochs": 3}.
        frames: the rows of each split (train, eval, test), instead of the files that pipeline.yaml names.

    Returns:
        What came of it: `metrics`, `blessed`, `pushed_to` (None where the model was not good enough, or could not be
        tried: `dry_run`), `report`.

    Raises:
        ConfigError: settings, features or paths are wrong.
        WideDeepError: a step failed.
    """
    from widedeep.pipeline.commands.pipelines.run import NOT_BLESSED, NOT_TRIED
    from widedeep.pipeline.definition.config import load
    from widedeep.pipeline.local.workdir import Workdir
    from widedeep.pipeline.record.summary import Summary

    path, overrides = Path(pipeline), dict(settings or {})
    words = ["run", str(path), *(["--workdir", str(workdir)] if workdir is not None else [])]
    if frames is not None:
        folder = Path(workdir or Path("work") / load(path, set_words(overrides)[1::2]).name)
        overrides["data"] = _written(frames, Workdir(folder).frames)
    return Summary.parse(result_of([*words, *set_words(overrides)], fine=(0, NOT_BLESSED, NOT_TRIED)), str(path))


def _written(frames: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, object]:
    """Writes the rows of each split; the settings of data that name them."""
    for split, frame in frames.items():
        (folder / split).mkdir(parents=True, exist_ok=True)
        frame.to_parquet(folder / split / "rows.parquet", index=False)
    splits = {split: f"{split}/rows.parquet" for split in frames}
    return {"path": str(folder.resolve()), "format": "parquet", "splits": splits}
