"""ML Metadata on PostgreSQL, which can't store a backslash, and gives rows in an order of its own.

ML Metadata 1.21 quotes a text for PostgreSQL as libpq does, and then takes off the first and the last character as the
quotes. libpq writes a text with a backslash as " E'...'": what is left is no SQL. JSON within JSON is full of such.
So texts cross the border with another character in the backslash's place, one of those that Unicode gives no meaning.

ML Metadata asks for rows without asking for an order. SQLite and MySQL give them by their ids. PostgreSQL gives them as
they lie, or as its plan joins them, artifacts by their types; plans change with the tables' statistics, which it renews
in the background. TFX relies on an order twice:

- On a hit in the cache it pairs a step's output events with the artifacts read by these events' ids, one by one. In
  another order, `transformed_examples` gets the transform graph. The next step finds no inputs; where two outputs are
  of one type it would take the wrong one.
- An event's path says under which key, and as which of its artifacts, a step has written one: the key, then the index,
  a row each. TFX takes no notice of an event whose path begins with the index.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.cluster.watched_store import WatchedStore

_BACKSLASH, _STORED = "\\", "\ue05c"
# Calls that ask for records by their ids: the ids, and the records.
_BY_ID = {
    "GetArtifactsByID": ("artifact_ids", "artifacts"),
    "GetExecutionsByID": ("execution_ids", "executions"),
    "GetContextsByID": ("context_ids", "contexts"),
}


class PostgresqlStore(WatchedStore):
    """A store whose texts may hold backslashes, and which answers in the order in which it was asked."""

    def _call_method(self, method_name: str, request: Any, response: Any) -> None:
        _replace(request, _BACKSLASH, _STORED)
        super()._call_method(method_name, request, response)
        _replace(response, _STORED, _BACKSLASH)
        if method_name in _BY_ID:
            ids, records = _BY_ID[method_name]
            place = {id_: place for place, id_ in enumerate(getattr(request, ids))}
            getattr(response, records).sort(key=lambda record: place[record.id])
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
            for inner in value if field.is_repeated else [value]:
                _replace(inner, old, new)
        elif field.type == FieldDescriptor.TYPE_STRING and field.is_repeated:
            value[:] = [text.replace(old, new) for text in value]
        elif field.type == FieldDescriptor.TYPE_STRING and old in value:
            setattr(message, field.name, value.replace(old, new))


def _replace_in_map(value: Any, kind: Any, old: str, new: str) -> None:
    # Keys are names of properties.
    for key in value:
        if kind.type == FieldDescriptor.TYPE_MESSAGE:
            _replace(value[key], old, new)
