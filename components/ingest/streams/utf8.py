"""A text file of any encoding as a stream of UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from widedeep.components.common.errors import DataError, shown
from widedeep.components.ingest.streams.compression import open_stream
from widedeep.components.ingest.streams.text_form import UTF8, TextForm

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHOWN = 8


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int) -> bytes:
        """About so many bytes; none at the end."""


class _Transcoded:
    """The text of a stream of another encoding, in UTF-8."""

    def __init__(self, path: str, stream: Stream, encoding: str) -> None:
        self._path, self._stream, self._encoding = path, stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._lines = 0

    def read(self, size: int) -> bytes:
        while True:
            block = self._stream.read(size)
            try:
                text = self._decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise self._undecodable(error) from None
            if text or not block:
                self._lines += text.count("\n")
                return text.encode()

    def _undecodable(self, error: UnicodeDecodeError) -> DataError:
        before = error.object[: error.start].decode(self._encoding, "replace")
        line = self._lines + before.count("\n") + 1
        return DataError(
            f"{self._path}, line {line}: {shown(error.object[error.start : error.start + _SHOWN])} is not text in "
            f"{self._encoding}, which data.encoding names: set it as the file is."
        )


@contextmanager
def utf8_stream(path: str, form: TextForm) -> Iterator[Stream]:
    """Opens a text file.

    Args:
        path: the file's.
        form: how it is written.

    Raises:
        DataError: it is packed otherwise, or begins as text of another encoding does; on reading, that it is no text.
    """
    with open_stream(path, form.compression) as stream:
        yield stream if form.encoding == UTF8 else _Transcoded(path, stream, form.encoding)


def check_start(path: str, start: bytes, form: TextForm) -> None:
    """Refuses UTF-16 that is taken for UTF-8. Raises DataError."""
    if form.encoding == UTF8 and start.startswith(_UTF16):
        raise DataError(f"{path}: begins as text in UTF-16 does: set data.encoding: utf-16.")
