"""A pipeline drafted from rows, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from widedeep.pipeline.interface.commands import call

if TYPE_CHECKING:
    import pandas as pd

_ROWS = "rows.parquet"


def init(
    data: str | PathLike[str] | pd.DataFrame,
    *,
    label: str,
    out: str | PathLike[str],
    name: str | None = None,
    time: str | None = None,
    context: Sequence[str] = (),
    candidate: Sequence[str] = (),
    positive: Sequence[str] = (),
    force: bool = False,
) -> Path:
    """Drafts a pipeline from rows as `widedeep init` does, and shows its progress on stderr.

    Args:
        data: a file, folder or pattern of rows; or a DataFrame, which is written to OUT/data/rows.parquet.
        label: the column that is to be predicted.
        out: folder of the draft.
        name: of the pipeline; None: the folder's.
        time: column of when a row was; None: found.
        context: columns of the user and the moment; none: by their names.
        candidate: columns of what is shown; none: by their names.
        positive: values of the label that are 1, and all others 0.
        force: whether an earlier draft may be overwritten.

    Returns:
        Path of the draft's pipeline.yaml, for `widedeep.run`.

    Raises:
        ConfigError: an option is wrong, or a draft is there.
        DataError: the rows can't be used.
    """
    folder = Path(out)
    if not isinstance(data, str | PathLike):
        rows = folder / "data" / _ROWS
        rows.parent.mkdir(parents=True, exist_ok=True)
        data.to_parquet(rows, index=False)
        data = rows
    given = {
        "name": name,
        "time": time,
        "context": ",".join(context),
        "candidate": ",".join(candidate),
    }
    words = ["init", str(data), "--label", label, "--out", str(folder)]
    words += [word for option, value in given.items() if value for word in (f"--{option}", value)]
    words += [word for value in positive for word in ("--positive", value)]
    call([*words, "--force"] if force else words)
    return folder / "pipeline.yaml"
