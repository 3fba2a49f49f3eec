"""Real public data sets, written as the pipeline's input.

`prepare("movielens", Path("data"))` writes, whole or not at all::

    data/train/data.parquet  data/eval/data.parquet  data/test/data.parquet
    data/SOURCE.txt          where the data comes from, and its terms

The other data sets are CSV files. Two runs write the same bytes. Importing this package is cheap:
what reads the data is imported when a data set is asked for.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from pathlib import Path

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.datasets.files import Split, Summary
from widedeep.pipeline.datasets.staging import stage

__all__ = ["NAMES", "Split", "Summary", "prepare"]

NAMES = ("movielens", "census", "taxi")


def prepare(name: str, out: Path) -> Summary:
    """Writes the data set `name` to the folder `out` and says what was written.

    An `out` that an earlier call wrote is replaced; it, or a new or empty folder, is all that
    `out` may be.

    Raises:
        ConfigError: `name` is not one of `NAMES`, or `out` holds something else.
        DataError: the data can't be fetched, read or written.
    """
    if name not in NAMES:
        raise ConfigError(_unknown(name))
    with stage(name, out) as staging:
        module = import_module(f"{__name__}.{name}")
        staging.splits = module.write(staging.folder)
    return staging.summary()


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"data set '{name}' is not known.{hint} Choose one of: {', '.join(NAMES)}."
