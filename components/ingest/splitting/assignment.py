"""The split of each row, and errors of the column that tells something of rows, with the file and row they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.raw_files import Rows, value_error
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.splitting.rules import Batch, Rule, Seen


def splits_of(path: str, rows: Rows, rule: Rule, encoded: Sequence[bytes], seen: Seen) -> list[int]:
    """The number of each row's split; -1 for none.

    Args:
        path: the file.
        rows: of it.
        rule: that tells the splits.
        encoded: the rows, as `encode` gives them.
        seen: is told what there is to tell.

    Raises:
        DataError: a value does not tell it.
    """
    with in_words(path, rows, rule.column):
        return rule.splits(Batch(encoded, rows.beside, seen))


@contextmanager
def in_words(path: str, rows: Rows, column: str | None) -> Iterator[None]:
    """Says of errors in a raw column of some rows where they are."""
    try:
        yield
    except BadValueError as error:
        raise value_error(path, rows.before, str(column), error) from None
    except DataError as error:
        raise DataError(f"{path}: column '{column}' {error}.") from None
