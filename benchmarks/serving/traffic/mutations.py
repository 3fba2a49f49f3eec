"""What no client should send: requests changed by chance, the same with the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

_LONGEST = 300
# Lengths, varints and field numbers at their limits.
_EXTREME = (b"\x00", b"\x7f", b"\x80", b"\xff", b"\xff" * 9 + b"\x01", b"\xff" * 4 + b"\x0f", b"\xff\xff\xff\xff\x07")
_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 1e308, 0.5, "", "x", "\ud800", "\x00", [], {}, [[]], [[], [1]], {"b64": "?"}, {"b64": ""},
    [None], ["a", 1], [[["a"]]],
)  # fmt: skip


def noise(chance: random.Random) -> bytes:
    """Bytes of any kind, 0 to 300."""
    return chance.randbytes(chance.randrange(_LONGEST + 1))


def mutated_bytes(chance: random.Random, data: bytes) -> bytes:
    """A request with one to four changes: cut, flipped, put in, taken out, doubled. Never the same as before."""
    changed = data
    while changed == data:
        for _ in range(chance.randint(1, 4)):
            changed = chance.choice(_CHANGES)(chance, changed)
    return changed


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flipped(chance: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _put_in(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(_EXTREME) + data[place:]


def _taken_out(chance: random.Random, data: bytes) -> bytes:
    first, last = _slice(chance, data)
    return data[:first] + data[last:]


def _doubled(chance: random.Random, data: bytes) -> bytes:
    first, last = _slice(chance, data)
    return data[:last] + data[first:last] + data[last:]


def _slice(chance: random.Random, data: bytes) -> tuple[int, int]:
    first = chance.randrange(len(data) + 1)
    return first, min(len(data), first + chance.randint(1, 16))


_CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (_cut, _flipped, _put_in, _taken_out, _doubled)


def mutated_json(chance: random.Random, document: Any) -> Any:
    """A copy of a JSON document in which a value is another, is missing, is renamed or is a list of itself."""
    copy = document
    while copy == document:
        copy = json.loads(json.dumps(document))
        holder = chance.choice(list(_holders(copy)))
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        kind = chance.randrange(4)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[key] = [holder[key]]
        elif kind == 2 and isinstance(holder, dict):
            holder[chance.choice(("", "b64", "nobody", "é" * 100))] = holder.pop(key)
        else:
            holder[key] = chance.choice(_ODD)
    return copy


def _holders(value: Any) -> Iterator[Any]:
    """Every object and list in it that holds anything."""
    if isinstance(value, (dict, list)) and value:
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from _holders(member)
