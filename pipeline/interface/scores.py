"""Scores of a pushed model from Python."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.interface.commands import result_of, set_words

if TYPE_CHECKING:
    import pandas as pd

    from widedeep.components.features.spec import FeatureSpec
    from widedeep.components.scoring.rows.faults import RowFault
    from widedeep.components.scoring.rows.row_form import RowForm
    from widedeep.components.scoring.score_record import ScoreRecord
    from widedeep.components.scoring.served_scores import ServedScores

_Path = str | PathLike[str]
_CHUNK_ROWS = 8192


@overload
def score(model: _Path, rows: pd.DataFrame, *, keep: Sequence[str] = (), skip_bad: bool = False) -> pd.DataFrame: ...


@overload
def score(
    model: _Path,
    rows: _Path | Sequence[_Path],
    *,
    out: _Path,
    keep: Sequence[str] = (),
    metrics: bool = False,
    skip_bad: _Path | None = None,
    force: bool = False,
    settings: Mapping[str, object] | None = None,
) -> ScoreRecord: ...


def score(model: _Path, rows: Any, *, out: _Path | None = None, keep: Sequence[str] = (), **options: Any) -> Any:
    """Scores rows with a pushed model, as a server of it would.

    Args:
        model: a pushed version, or the folder of versions: then the newest.
        rows: a DataFrame; or a file, folder or pattern of rows, or several.
        out: the file of the scores, where `rows` are files: .parquet, .csv, .jsonl, or FOLDER/.
        keep: columns of the rows that go with the scores.
        options: `skip_bad`: of a DataFrame True to leave out rows that can't be scored, of files the file that they
            are written to; else such a row is an error. Of files alone: `metrics`, `force`, and `settings` as
            --set of `widedeep score`.

    Returns:
        Of a DataFrame another one, with the index of the rows and the column `score`; of a label with classes `class`,
        the likeliest, and `score_0`, `score_1` ... Of files what came of it: `rows`, `metrics`.

    Raises:
        ConfigError: the model, a file or an option is wrong.
        DataError: a row can't be scored.
    """
    if out is None:
        return _of_frame(Path(model), rows, tuple(keep), **options)
    return _of_files(model, rows, out, keep, **options)


def _of_files(
    model: _Path,
    rows: _Path | Sequence[_Path],
    out: _Path,
    keep: Sequence[str],
    *,
    metrics: bool = False,
    skip_bad: _Path | None = None,
    force: bool = False,
    settings: Mapping[str, object] | None = None,
) -> ScoreRecord:
    from widedeep.components.scoring.score_record import ScoreRecord

    data = [rows] if isinstance(rows, str | PathLike) else rows
    words = ["score", str(model), *map(str, data), "--out", str(out), *set_words(settings or {})]
    words += ["--keep", ",".join(keep)] if keep else []
    words += ["--skip-bad", str(skip_bad)] if skip_bad is not None else []
    words += [f"--{flag}" for flag, wanted in {"metrics": metrics, "force": force}.items() if wanted]
    return ScoreRecord.parse(result_of(words), str(out))


def _of_frame(model: Path, frame: pd.DataFrame, keep: tuple[str, ...], *, skip_bad: bool = False) -> pd.DataFrame:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from widedeep.components.scoring.rows.raw_rows import rows_of
    from widedeep.components.scoring.rows.row_form import RowForm
    from widedeep.components.scoring.score_columns import names

    if not isinstance(frame, pd.DataFrame):
        raise ConfigError("the scores of files go to a file, too: out='scores.parquet'")
    loaded, spec = _loaded(str(_version(model)))
    columns, form = names(spec.label, keep), RowForm(spec, "parquet", keep=keep)
    _check_columns(frame, form)
    used = frame[[name for name in form.needed if name in frame.columns]]
    places, scores, faults = [], [], []
    # Of no rows, too, the model says how many numbers a score is.
    for start in range(0, max(len(frame), 1), _CHUNK_ROWS):
        raw = pa.RecordBatch.from_pandas(used.iloc[start : start + _CHUNK_ROWS], preserve_index=False)
        read = rows_of(raw, form, "rows", start)
        places.append(read.numbers - 1)
        scores.append(loaded.of(read.batch)[1])
        faults += read.faults
    _tell(faults, skip_bad)
    made = frame.iloc[np.concatenate(places)][list(keep)].copy()
    whole = np.concatenate(scores)
    values = [whole] if whole.ndim == 1 else [whole.argmax(axis=1), *whole.T]
    for name, value in zip(columns[-len(values) :], values, strict=True):
        made[name] = value
    return made


def _check_columns(frame: pd.DataFrame, form: RowForm) -> None:
    from widedeep.components.common.settings import nearest

    for name in form.keep:
        if name not in frame.columns:
            raise ConfigError(f"keep: there is no column '{name}': {nearest(name, map(str, frame.columns))}")
    for name in form.needed:
        if name not in frame.columns and name not in form.optional:
            raise DataError(f"rows: there is no column '{name}', which the model needs.")
    if not form.features & set(frame.columns):
        raise DataError(f"rows: have none of the model's columns, {', '.join(sorted(form.features))}.")


def _tell(faults: list[RowFault], skip_bad: bool) -> None:
    if faults and not skip_bad:
        raise DataError(f"{faults[0].text} To leave such rows out: skip_bad=True")
    if faults:
        warnings.warn(f"{len(faults):,} rows can't be scored, and are left out. {faults[0].text}", stacklevel=4)


def _version(folder: Path) -> Path:
    from widedeep.pipeline.batch_scores.model_folder import version_folder

    return version_folder(folder)


@lru_cache(maxsize=1)
def _loaded(folder: str) -> tuple[ServedScores, FeatureSpec]:
    """A model is loaded once for all the DataFrames that it scores; a version never changes."""
    from widedeep.components.features.model_files import declaration
    from widedeep.components.scoring.served_scores import ServedScores
    from widedeep.serving.literal_path import literal_path

    spec = declaration(folder)
    with literal_path(Path(folder)) as literal:
        return ServedScores.on_all_cores(str(literal)), spec
