"""Messages that parse and mean nonsense: a field of a good one is another, is missing, or is there once more."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field

_INTEGERS = {Field.CPPTYPE_INT32: (32, -1), Field.CPPTYPE_UINT32: (32, 0)}
_INTEGERS |= {Field.CPPTYPE_INT64: (64, -1), Field.CPPTYPE_UINT64: (64, 0)}
# DataType has 1 to 23 and, of references, 101 and more; other enums end sooner.
_ENUMS = (0, 1, 3, 7, 9, 19, 23, 101, 99, -1, 2**31 - 1)
_TEXTS = ("", "x", "movie_id", "é\x00", "a" * 300, "/", "rank", "..")


def mutated_message(chance: random.Random, message: Any) -> Any:
    """Another message: a copy with one to three changes, each in the message itself or in a message within it."""
    copy = message
    while copy == message:
        copy = type(message)()
        copy.CopyFrom(message)
        for _ in range(chance.randint(1, 3)):
            holder = chance.choice(list(_holders(copy)))
            _change(chance, holder, chance.choice(holder.DESCRIPTOR.fields))
    return copy


def _holders(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if _is_map(field):
            inner = list(value.values()) if field.message_type.fields_by_name["value"].message_type else []
        else:
            inner = list(value) if field.is_repeated else [value]
        for member in inner:
            yield from _holders(member)


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def _change(chance: random.Random, holder: Any, field: Any) -> None:
    value = getattr(holder, field.name)
    if field.message_type and _is_map(field):
        _change_map(chance, field, value)
    elif field.is_repeated and len(value) and chance.random() < 0.5:
        del value[chance.randrange(len(value))]
    elif field.is_repeated and field.message_type:
        value.add()
    elif field.is_repeated:
        value.append(_scalar(chance, field))
    elif chance.random() < 0.3:
        holder.ClearField(field.name)
    elif field.message_type:
        value.SetInParent()
    else:
        setattr(holder, field.name, _scalar(chance, field))


def _change_map(chance: random.Random, field: Any, value: Any) -> None:
    entry = field.message_type.fields_by_name
    new = _scalar(chance, entry["key"])
    old = chance.choice(sorted(value)) if value else new
    if entry["value"].message_type:
        value[new].CopyFrom(value[old])
    else:
        value[new] = _scalar(chance, entry["value"])
    if chance.random() < 0.5:
        del value[old]


def _scalar(chance: random.Random, field: Any) -> Any:
    """A value at the edge of a field's type, or beside the point."""
    if field.cpp_type in _INTEGERS:
        bits, lowest = _INTEGERS[field.cpp_type]
        largest = 2 ** (bits - 1) - 1 if lowest else 2**bits - 1
        return chance.choice((0, 1, 2, 1000, largest, lowest * (largest + 1), lowest))
    if field.cpp_type == Field.CPPTYPE_ENUM:
        return chance.choice(_ENUMS)
    if field.cpp_type == Field.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type == Field.CPPTYPE_STRING:
        text = chance.choice(_TEXTS)
        return text.encode() if field.type == Field.TYPE_BYTES else text
    return chance.choice((0.0, -1.5, math.inf, -math.inf, math.nan, 3e38))
