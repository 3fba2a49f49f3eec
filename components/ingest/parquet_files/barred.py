"""Columns that no model may read, by what a Parquet file itself says: what tells the label, and no server will know.

A declaration can be written by anybody, for any reason; the file travels with its rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from widedeep.components.common.errors import DataError

_KEY = b"widedeep.barred"


def with_barred(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """The schema of a file that bars columns."""
    return schema.with_metadata({**(schema.metadata or {}), _KEY: json.dumps(list(columns)).encode()})


def barred(schema: pa.Schema, path: str) -> list[str]:
    """The columns that a file bars, by its schema.

    Raises:
        DataError: what it bars are no names of its columns: one would be read that must not.
    """
    said = (schema.metadata or {}).get(_KEY, b"[]")
    try:
        columns = json.loads(said)
    except ValueError:
        columns = None
    if not isinstance(columns, list) or not all(name in schema.names for name in columns):
        raise DataError(
            f"{path}: its '{_KEY.decode()}' is {said.decode(errors='replace')}: write a JSON list of names of its "
            f"columns, as {json.dumps(schema.names[:1])}."
        )
    return columns
