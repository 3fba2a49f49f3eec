r"""Where the rows of a CSV file end, whether its quotes are sound, and its fields without escapes.

Arrow takes what follows a closing quote for more of the field, and drops the quote: "27\" TV" would become 27\ TV".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from widedeep.components.ingest.csv_files.dialect import QUOTE, CsvDialect

_BOM = b"\xef\xbb\xbf"
# At the end of what is known so far, \r may be half a line break.
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r(?!\Z)|\n)")
# What MySQL writes for no value.
_MYSQL_NULL = b"N"


class RowFaultError(Exception):
    """A row that can't be read.

    Attributes:
        column: its number from 0.
        text: what stands there.
        fault: what is wrong.
        after: bytes of the row before the fault.
    """

    def __init__(self, column: int, text: bytes, fault: str, after: int = 0) -> None:
        super().__init__(column, text, fault, after)
        self.column, self.text, self.fault, self.after = column, text, fault, after


class FaultyLine(NamedTuple):
    """A line with a misplaced quote that is a row all the same, and what is wrong with it."""

    text: bytes
    error: RowFaultError


MISPLACED, OPEN, LONG = "misplaced", "open", "long"


class RowSyntax:
    """A dialect's rows as regular expressions over bytes, possessive ones: none looks at a byte twice."""

    def __init__(self, dialect: CsvDialect) -> None:
        """Makes them.

        Args:
            dialect: the file's.
        """
        self.dialect = dialect
        self._escape = (dialect.escape or "").encode()
        self._delimiter = dialect.delimiter.encode()
        self._quote = (dialect.quote or "").encode()
        # Around what is rewritten, and what must be rewritten where it stands for itself.
        self._wrap = self._quote or QUOTE.encode()
        delimiter, escape, quote, wrap = map(re.escape, (self._delimiter, self._escape, self._quote, self._wrap))
        pair = rb"|" + escape + rb"." if escape else b""
        plain = rb"[^" + delimiter + rb"\r\n" + escape + rb"]"
        quoted, bare = b"", b""
        if quote:
            quoted = quote + rb"(?:[^" + quote + escape + rb"]++|" + quote * 2 + pair + rb")*+" + quote + rb"|"
            bare = rb"(?!" + quote + rb")"
        unquoted = rb"(?:" + bare + plain + pair + rb")(?:" + plain + rb"++" + pair + rb")*+"
        field = rb"(?:" + quoted + unquoted + rb")?+"
        # At the end of what is known so far, \r may be half a line break.
        line = rb"(?:" + field + delimiter + rb")*+" + field + rb"(?:\r\n|\r(?!\Z)|\n)"
        self._row = re.compile(line, re.DOTALL)
        self._rows = re.compile(rb"(?:" + line + rb")*+", re.DOTALL)
        self._field = re.compile(field + delimiter, re.DOTALL)
        self._quoted = re.compile(quoted.removesuffix(rb"|"), re.DOTALL)
        clean = rb"[^" + wrap + delimiter + rb"\r\n" + escape + rb"]*+"
        if quote:
            clean = rb"(?:" + quote + rb"(?:[^" + quote + escape + rb"]++|" + quote * 2 + rb")*+" + quote
            clean += rb"|" + bare + plain + rb"++)?+"
        # What has no escape, up to a field that has one.
        self._escaped = re.compile(
            rb"((?:" + clean + rb"(?:" + delimiter + rb"|\r\n|\r|\n))*+)(" + quoted + unquoted + rb")",
            re.DOTALL,
        )
        meant = escape + rb"([" + quote + delimiter + escape + rb"\r\n])"
        # The sign before anything else is itself; within quotes a doubled quote is one, too.
        self._lone_pair, self._pair = re.compile(meant), re.compile(meant + rb"|" + wrap + rb"(" + wrap + rb")")

    def blocks(self, stream: Any, size: int) -> Iterator[bytes]:
        """Whole rows, about so many bytes at a time, the last with or without a line break.

        Args:
            stream: of bytes, as Arrow's.
            size: of a block in bytes; a row that is longer is a broken file's.

        Raises:
            RowFaultError: of the row behind those that were given.
        """
        for block in self.parts(stream, size, None):
            assert isinstance(block, bytes)
            yield block

    def parts(self, stream: Any, size: int, fields: int | None) -> Iterator[bytes | FaultyLine]:
        """The same, and beside the blocks the lines that hold a misplaced quote, where each is a row for certain.

        It is one where no line break stands before the fault, and the line has as many fields as there are columns
        when quotes are signs as any other.

        Args:
            stream: of bytes, as Arrow's.
            size: of a block in bytes.
            fields: how many columns there are; None: no line is a row for certain.

        Raises:
            RowFaultError: of the row behind those that were given.
        """
        rest, first, last = b"", True, False
        while not last:
            block = stream.read(size)
            rest, last = rest + (block.removeprefix(_BOM) if first else block), not block
            first = False
            while rest:
                end = self._end(rest) if block or fields else 0
                if end:
                    yield rest[:end]
                    rest = rest[end:]
                try:
                    self._check(rest, size, last)
                    break
                except RowFaultError as error:
                    line = self._line(rest, error, last)
                    # One without an end so far may get it.
                    if line is None and fields and error.fault == MISPLACED and not last and len(rest) <= size:
                        break
                    if line is None or not fields or line.count(self._delimiter) != fields - 1:
                        raise
                    yield FaultyLine(line, error)
                    rest = rest[len(line) :]
        if rest:
            yield rest

    def _end(self, data: bytes) -> int:
        """Where the last whole row ends."""
        if self._escape or (self._quote and self._quote in data):
            rows = self._rows.match(data)
            return rows.end() if rows else 0
        return max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1

    def _line(self, rest: bytes, error: RowFaultError, last: bool) -> bytes | None:
        """The line that a misplaced quote stands in; None where the row has begun in another one, or it has no end."""
        match = _LINE.match(rest)
        if error.fault != MISPLACED or (match is None and not last):
            return None
        line = match.group() if match else rest
        return line if error.after < len(line.rstrip(b"\r\n")) else None

    def _check(self, rest: bytes, size: int, last: bool) -> None:
        """Looks at a row that has no end so far."""
        if (not self._quote or self._quote not in rest) and len(rest) <= size:
            return
        column, position = 0, 0
        while match := self._field.match(rest, position):
            column, position = column + 1, match.end()
        text = rest[position : position + 60]
        if self._quote and rest[position : position + 1] == self._quote:
            quoted = self._quoted.match(rest, position)
            after = rest[quoted.end() : quoted.end() + 1] if quoted else b""
            if after not in (b"", self._delimiter, b"\r", b"\n"):
                raise RowFaultError(column, text, MISPLACED, quoted.end() if quoted else 0)
            if last and quoted is None:
                raise RowFaultError(column, text, OPEN)
        if len(rest) > size:
            raise RowFaultError(column, text, LONG)

    def count(self, block: bytes) -> int:
        """How many rows it holds that end in a line break; blank lines are none."""
        return sum(bool(row.group().strip(b"\r\n")) for row in self._row.finditer(block))

    def rows(self, block: bytes) -> Iterator[bytes]:
        """The rows of a block, each with its line break, where it has one; blank lines are none."""
        end = 0
        for row in self._row.finditer(block):
            end = row.end()
            if row.group().strip(b"\r\n"):
                yield row.group()
        # The last row of a file.
        if block[end:].strip(b"\r\n"):
            yield block[end:]

    def fields(self, row: bytes) -> int:
        """How many fields a row has."""
        count, position = 1, 0
        while match := self._field.match(row, position):
            count, position = count + 1, match.end()
        return count

    def behind_header(self, block: bytes) -> bytes:
        """What follows the first row that is not blank."""
        for row in self._row.finditer(block):
            if row.group().strip(b"\r\n"):
                return block[row.end() :]
        return b""

    def without_escapes(self, block: bytes) -> bytes:
        """Whole rows with their quotes doubled instead of escaped."""
        if not self._escape or (self._escape not in block and (self._quote or self._wrap not in block)):
            return block
        return self._escaped.sub(self._rewritten, block)

    def _rewritten(self, match: re.Match[bytes]) -> bytes:
        before, field = match.groups()
        if field == self._escape + _MYSQL_NULL:
            return bytes(before)
        quoted = bool(self._quote) and field.startswith(self._quote)
        content = self._pair.sub(rb"\1\2", field[1:-1]) if quoted else self._lone_pair.sub(rb"\1", field)
        return bytes(before + self._wrap + content.replace(self._wrap, self._wrap * 2) + self._wrap)
