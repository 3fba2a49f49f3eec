"""ML Metadata on PostgreSQL, which can't store a backslash.

ML Metadata 1.21 quotes a text for PostgreSQL as libpq does, and then takes off the first and the last character as the
quotes. libpq writes a text with a backslash as " E'...'": what is left is no SQL. JSON within JSON is full of such.
So texts cross the border with another character in the backslash's place, one of those that Unicode gives no meaning.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from ml_metadata.metadata_store import metadata_store

_BACKSLASH, _STORED = "\\", "\ue05c"


class PostgresqlStore(metadata_store.MetadataStore):
    """A store whose texts may hold backslashes."""

    def _call_method(self, method_name: str, request: Any, response: Any) -> None:
        _replace(request, _BACKSLASH, _STORED)
        super()._call_method(method_name, request, response)
        _replace(response, _STORED, _BACKSLASH)


def _replace(message: Any, old: str, new: str) -> None:
    """Replaces a character in all texts of a message, however deep."""
    for field, value in message.ListFields():
        entry = field.message_type if field.type == FieldDescriptor.TYPE_MESSAGE else None
        if entry is not None and entry.GetOptions().map_entry:
            _replace_in_map(value, entry.fields_by_name["value"], old, new)
        elif entry is not None:
            for one in value if field.is_repeated else [value]:
                _replace(one, old, new)
        elif field.type == FieldDescriptor.TYPE_STRING and field.is_repeated:
            value[:] = [one.replace(old, new) for one in value]
        elif field.type == FieldDescriptor.TYPE_STRING and old in value:
            setattr(message, field.name, value.replace(old, new))


def _replace_in_map(value: Any, kind: Any, old: str, new: str) -> None:
    # Keys are names of properties.
    for key in value:
        if kind.type == FieldDescriptor.TYPE_MESSAGE:
            _replace(value[key], old, new)
