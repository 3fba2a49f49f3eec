"""ML Metadata on PostgreSQL, which can't store a backslash, and may turn an event's path round.

ML Metadata 1.21 quotes a text for PostgreSQL as libpq does, and then takes off the first and the last character as the
quotes. libpq writes a text with a backslash as " E'...'": what is left is no SQL. JSON within JSON is full of such.
So texts cross the border with another character in the backslash's place, one of those that Unicode gives no meaning.

An event's path says under which key, and as which of its artifacts, a step has written one: the key, then the index, a
row of a table each. ML Metadata reads them without asking for an order. PostgreSQL gives the one in which they lie, and
that need not be the one in which they were written. TFX takes no notice of an event whose path begins with the index,
and the next step finds no inputs.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

_BACKSLASH, _STORED = "\\", "\ue05c"


class PostgresqlStore(metadata_store.MetadataStore):
    """A store whose texts may hold backslashes, and whose events' paths begin with the key."""

    def _call_method(self, method_name: str, request: Any, response: Any) -> None:
        _replace(request, _BACKSLASH, _STORED)
        super()._call_method(method_name, request, response)
        _replace(response, _STORED, _BACKSLASH)
        for event in getattr(response, "events", ()):
            key_first(event.path)


def key_first(path: metadata_store_pb2.Event.Path) -> None:
    """Turns a path of an index and a key round; TFX writes no longer ones."""
    if [step.WhichOneof("value") for step in path.steps] == ["index", "key"]:
        path.steps.reverse()


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
