"""The user and the candidates of `widedeep rank`, and the rows of `widedeep bench`, as people write them down."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from widedeep.components.common.errors import ConfigError, DataError, reason, shown
from widedeep.serving.client.candidate_columns import Value
from widedeep.serving.client.signature import Feature, Features

# What a file holds is unchecked until it is sent.
Row: TypeAlias = dict[str, Value]


def user(text: str) -> Row:
    """The user from JSON, or from the file that an @ names.

    Raises:
        ConfigError: it is no JSON object.
    """
    if text.startswith("@"):
        text = _text(Path(text[1:]), "--user ")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConfigError(
            f"""--user: is no JSON: {reason(error)}: {shown(text)}. Write {{"age": 42}}, or @FILE."""
        ) from None
    if not isinstance(document, dict):
        raise ConfigError(f"""--user: is no JSON object, but {shown(document)}. Write {{"age": 42}}, or @FILE.""")
    return document


def read(path: Path, option: str = "--candidates") -> list[Row]:
    """The rows of a file, of a format by what its name ends in; an empty field of a CSV file is None.

    Args:
        path: the file.
        option: of the command line that named it, for errors.

    Raises:
        ConfigError: there is no such file, or it ends in something else.
        DataError: it can't be read, or has no rows.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(f"{option} {path}: the name must end in one of {', '.join(_READERS)}.")
    rows = reader(path, option)
    if not rows:
        raise DataError(f"{path}: has no rows.")
    return rows


def typed(rows: list[Row], features: Features, separator: str, path: Path) -> list[Row]:
    """Text to numbers and sets where the model takes these, as where training data are read. Other columns stay.

    Args:
        rows: as `read` gives them.
        features: the model's.
        separator: between a set's members.
        path: the rows' file, for errors.

    Raises:
        DataError: text of a numeric feature is no number.
    """
    if path.suffix.lower() in _JSON:  # which has types of its own
        return rows
    return [
        {name: _convert(value, features.get(name), separator, f"{path}, row {number}") for name, value in row.items()}
        for number, row in enumerate(rows, 1)
    ]


def _convert(value: Value, feature: Feature | None, separator: str, where: str) -> Value:
    if not isinstance(value, str) or feature is None:
        return value
    if feature.kind == "set":
        return value.split(separator)
    if feature.kind == "text":
        return value
    if not value.strip():
        return None
    try:
        return float(value)
    except ValueError:
        raise DataError(f"{where}: '{feature.name}' is {shown(value)}, which is no number.") from None


def _text(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{option}{path}: can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text.") from None


def _json(path: Path, option: str) -> list[Row]:
    text = _text(path, f"{option} ")
    if not text.lstrip().startswith("["):
        lines = [(f"line {number}", line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        return [_object(_parse(line, f"{path}, {where}"), f"{path}, {where}") for where, line in lines]
    rows = _parse(text, str(path))
    return [_object(row, f"{path}, row {number}") for number, row in enumerate(rows, 1)]


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{where}: is no JSON: {reason(error)}: {shown(text)}") from None


def _object(value: object, where: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"{where}: is no JSON object, but {shown(value)}; a candidate is written {{...}}.")
    return value


def _csv(path: Path, option: str) -> list[Row]:
    lines = csv.reader(io.StringIO(_text(path, f"{option} "), newline=""), strict=True)
    try:
        header, *fields = [row for row in lines if row] or [[]]
    except csv.Error as error:
        raise DataError(f"{path}, line {lines.line_num}: is not readable as CSV: {reason(error)}.") from None
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: the header names '{twice[0]}' twice.")
    for number, row in enumerate(fields, 1):
        if len(row) != len(header):
            raise DataError(f"{path}, row {number}: has {len(row)} fields, and the header {len(header)}.")
    return [{name: value or None for name, value in zip(header, row, strict=True)} for row in fields]


def _parquet(path: Path, option: str) -> list[Row]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise ConfigError(
            f"{option} {path}: Parquet needs pyarrow, which is not installed. Run: pip install pyarrow. "
            f"Or give one of {', '.join(name for name in _READERS if name != '.parquet')}."
        ) from None
    try:
        rows: list[Row] = pq.read_table(path).to_pylist()
    except FileNotFoundError:
        raise ConfigError(f"{option} {path}: can't be read: No such file or directory.") from None
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: is not readable as Parquet: {reason(error)}.") from None
    return rows


_JSON = (".json", ".jsonl", ".ndjson")
_READERS: dict[str, Callable[[Path, str], list[Row]]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    **dict.fromkeys(_JSON, _json),
}
