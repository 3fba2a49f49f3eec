"""Rows in several files, and a model that two workers have trained on them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from tests.components.trainer.workers.training_scene import TWO
from widedeep.components.common import progress
from widedeep.components.trainer.run import run_fn

Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def files(prepared: Any, made_once: Once) -> list[str]:
    """The 600 rows in five files of different sizes."""

    def fill(folder: Path) -> None:
        records = list(tf.data.TFRecordDataset(prepared.train, "GZIP").as_numpy_iterator())
        for number, (begin, end) in enumerate(itertools.pairwise([0, 30, 130, 330, 350, 600])):
            prepared.write(folder / f"part-{number}.gz", records[begin:end])

    return sorted(map(str, made_once("workers-files", fill).iterdir()))


@pytest.fixture(scope="session")
def two(prepared: Any, files: list[str], made_once: Once) -> Path:
    """The folder of a training by two workers, each on files of its own; what it reported lies beside, as JSON.

    Their interpreters are their own; those of the tests are forked.
    """

    def fill(folder: Path) -> None:
        reports: list[Any] = []
        with progress.listener(reports.append):
            run_fn(prepared.fn_args(folder, train_files=files, training=TWO))
        (folder / "reports.json").write_text(json.dumps(reports))

    return made_once("workers-two", fill)
