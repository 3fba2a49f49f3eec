"""Kept texts as a column: which of the distinct ones each is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from widedeep.serving.request_log.entry import SEPARATOR, Texts

# Bytes of an Arrow array of texts.
_MOST = 2**31 - 1


def text_column(texts: Sequence[Texts]) -> pa.DictionaryArray:
    """A text an entry, null where it is empty.

    Raises:
        ValueError: a text is not of UTF-8, or they are more than 2 GiB.
    """
    words, places, given = _coded(*_joined(texts))
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=~given), words)


def set_column(texts: Sequence[Texts]) -> pa.ListArray:
    """A list an entry, of a row's texts that are not empty; null where it has no other.

    Raises:
        ValueError: as `text_column`.
    """
    data, offsets = _joined(texts)
    ends = np.cumsum(np.repeat([number // rows for _, number, rows in texts], [rows for _, _, rows in texts]))
    # Sets come again and again: only the distinct ones are taken apart.
    coded = _array(pa.binary(), offsets[np.append(0, ends)], data).dictionary_encode()
    return _lists(coded.dictionary).take(coded.indices)


def _lists(sets: pa.BinaryArray) -> pa.ListArray:
    """Of each set, which has a separator behind each member, the members that are not empty."""
    data = _data(sets)
    offsets = _ends(data)
    words, places, given = _coded(data, offsets)
    bounds = np.append(0, np.cumsum(given, dtype=np.int32))[np.searchsorted(offsets, _offsets(sets))]
    members = pa.DictionaryArray.from_arrays(places[given], words)
    return pa.ListArray.from_arrays(pa.array(bounds), members, mask=pa.array(np.diff(bounds) == 0))


def _joined(texts: Sequence[Texts]) -> tuple[bytes, NDArray[np.int32]]:
    """All in one piece, each with its separator behind it, and where each begins and the last one ends."""
    data = SEPARATOR.join([*(data for data, number, _ in texts if number), b""])
    if len(data) > _MOST:
        raise ValueError(f"{len(data):,} bytes of texts are more than Arrow takes at once")
    offsets = _ends(data)
    if len(offsets) != 1 + sum(number for _, number, _ in texts):
        raise ValueError("a text is not of UTF-8")
    return data, offsets


def _ends(data: bytes) -> NDArray[np.int32]:
    """0, and the end of each text with its separator."""
    separators = np.flatnonzero(np.frombuffer(data, np.uint8) == SEPARATOR[0])
    ends = np.zeros(len(separators) + 1, np.int32)
    np.add(separators, 1, out=ends[1:], casting="same_kind")
    return ends


def _coded(data: bytes, offsets: NDArray[np.int32]) -> tuple[pa.StringArray, NDArray[np.int32], NDArray[np.bool_]]:
    """The distinct of texts with their separators, and of each its place among them and whether it is not empty."""
    coded = _array(pa.binary(), offsets, data).dictionary_encode()
    # To take the separators out of the distinct ones alone costs less.
    of_words = np.subtract(_offsets(coded.dictionary), np.arange(len(coded.dictionary) + 1), dtype=np.int32)
    words = _array(pa.string(), of_words, _data(coded.dictionary).replace(SEPARATOR, b""))
    # Whoever reads them takes them for UTF-8.
    words.validate(full=True)
    places = coded.indices.to_numpy()
    return words, places, (np.diff(of_words) > 0)[places]


def _array(kind: pa.DataType, offsets: NDArray[np.int32], data: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _offsets(words: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(words.buffers()[1], np.int32, len(words) + 1)


def _data(words: pa.Array) -> bytes:
    data = words.buffers()[2]
    return data.to_pybytes()[: _offsets(words)[-1]] if data else b""
