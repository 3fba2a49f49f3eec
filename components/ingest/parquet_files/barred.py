"""Columns that no model may read, by what a Parquet file itself says: what tells the label, and no server will know.

A declaration can be written by anybody, for any reason; the file travels with its rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

_KEY = b"widedeep.barred"


def with_barred(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """The schema of a file that bars columns."""
    return schema.with_metadata({**(schema.metadata or {}), _KEY: json.dumps(list(columns)).encode()})


def barred(schema: pa.Schema) -> list[str]:
    """The columns that a file bars, by its schema."""
    columns: list[str] = json.loads((schema.metadata or {}).get(_KEY, b"[]"))
    return columns
