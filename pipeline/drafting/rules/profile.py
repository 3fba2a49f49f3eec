"""What the rules see of a column: counts of all rows, and measures of the sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NumberProfile:
    """Of a column of numbers.

    Attributes:
        low, high: the least and the greatest of all rows.
        whole: whether all are whole.
        mean, deviation: of the sample, the standard deviation.
        median: of the sample.
        peak: the most frequent value.
        peak_share: its share of the values.
        boundaries: between the other values, quantiles that differ.
        nan_texts: texts that stand for no value, as the file writes them.
        leading_zeros: whether whole numbers begin with a 0, as codes do.
        rises: whether they rise from row to row.
        long: whether they are whole, and of so many digits that 64 bits can't keep them apart.
        points: whether they are whole, and the file writes them as 12.0.
        bits: 64 where 32 can't keep different ones apart.
        as_name: fall of the log loss, as a share of it, where each value is a name instead of a place on a scale.
    """

    low: float
    high: float
    whole: bool = True
    mean: float = 0.0
    deviation: float = 1.0
    median: float = 0.0
    peak: float = 0.0
    peak_share: float = 0.0
    boundaries: tuple[float, ...] = ()
    nan_texts: tuple[str, ...] = ()
    leading_zeros: bool = False
    rises: bool = False
    long: bool = False
    points: bool = False
    bits: int = 32
    as_name: float = 0.0


@dataclass(frozen=True)
class SetProfile:
    """Of a column of lists, or of text that a sign separates into members.

    Attributes:
        members: how many different ones the sample holds.
        mean: members of a row.
        separator: between them; None in a list.
    """

    members: int
    mean: float
    separator: str | None = None


@dataclass(frozen=True)
class ColumnProfile:
    """What was seen of a column.

    Attributes:
        name: the column's.
        rows: of all files.
        missing: rows without a value.
        distinct: different values of all rows, an estimate beyond 16,384.
        storage: what the files' type can hold: text, whole, real, boolean, list, time or other.
        number: where all values are numbers.
        members: where a value is a set.
        time_format: where the values are times, how they are written.
        time_unit: of times that are numbers, where it is another than the second.
        time_zone: of times, where their clock is another than UTC's.
        time_parts: of the parts that a model may see, those that differ from row to row.
        no_values: of times that are texts those that stand for no value.
        date: of texts that all look like dates in a form that isn't read, one of them.
        amount: of texts that all look like numbers with other signs in them, one of them.
        first: of times that are texts the earliest.
        mean_length: characters of a value.
        mean_words: words of a value.
        frequent: values that the sample holds at least `min_count` times, by min_count.
        values: the few values there are, the most frequent first; none where there are many.
        alone: AUC of the label by this column alone, or, of a label that is a number, the share of it explained.
        of_time: share of the variance of the rows' time that this column explains.
    """

    name: str
    rows: int
    missing: int = 0
    distinct: int = 2
    storage: str = "text"
    number: NumberProfile | None = None
    members: SetProfile | None = None
    time_format: str | None = None
    time_unit: str | None = None
    time_zone: str | None = None
    time_parts: tuple[str, ...] = ()
    no_values: tuple[str, ...] = ()
    date: str | None = None
    amount: str | None = None
    first: str = ""
    mean_length: float = 5.0
    mean_words: float = 1.0
    frequent: tuple[tuple[int, int], ...] = ()
    values: tuple[str, ...] = ()
    alone: float = 0.5
    of_time: float = 0.0

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing

    @property
    def repeats(self) -> float:
        """Rows a value, on average."""
        return self.present / self.distinct if self.distinct else 0.0
