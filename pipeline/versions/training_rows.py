"""The raw rows that a pushed version was trained on."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.pushes import pushes, raw_examples
from widedeep.components.metadata.store import open_file
from widedeep.components.pusher.version_info import first_pushed_as
from widedeep.pipeline.local.plain_path import plain_path
from widedeep.pipeline.local.workdir import Workdir

_ROWS = {"train": "the rows that it was trained on"}


def train_files(model: Path, split: str = "train") -> list[str]:
    """The files of raw tf.Examples that a pushed model was trained on, of all spans.

    Args:
        model: a version that a run has pushed to its working directory: WORKDIR/models/1.
        split: another one of the same rows than `train`.

    Raises:
        ConfigError: the metadata does not know them, or they are gone; the message ends where a remedy may follow.
    """
    model = model.resolve()
    workdir = Workdir(model.parent.parent)
    if model.parent != workdir.models or not model.name.isdecimal() or not workdir.metadata.is_file():
        raise ConfigError(f"{model}: lies in no working directory (WORKDIR/models/1) that would know its data")
    store = open_file(workdir.metadata)
    push = pushes(store).get(first_pushed_as(model))
    if push is None:
        raise ConfigError(f"{model}: {workdir.metadata} knows of no run that pushed it")
    paths: list[str] = []
    # The metadata know them by it; it may have to be made again.
    plain_path(workdir.path)
    for examples in raw_examples(store, push):
        pattern = os.path.join(examples.uri, f"Split-{split}", "*")
        files = sorted(glob.glob(pattern))
        if not files:
            raise ConfigError(
                f"{model}: {_ROWS.get(split, f'its rows of {split!r}')} are gone: {pattern} matches no file"
            )
        paths += files
    return paths
