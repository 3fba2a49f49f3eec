"""What is counted of every row of a column, in memory that does not grow with the rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl import sketches

# TFDV's sketch of how many different values there are (k minimum values): to about 1 % at this size, and exact below.
_HASHES = 1 << 14
# Different values that are counted one by one.
FEW = 1000
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?\s*$"
# What programs write for no value.
NO_VALUES = re.compile(r"na|n/a|#n/a|<na>|nan|-nan|null|\(null\)|none|nil|\\n|-|\?|missing", re.IGNORECASE)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
_TIMES = (pa.types.is_timestamp, pa.types.is_date)
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def storage_of(kind: pa.DataType) -> str:
    """What a column's type can hold: text, whole, real, boolean, list, time; or 'fractions' in lists, and 'other'."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if any(test(kind) for test in _TEXTS) or pa.types.is_null(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0):
        return "whole"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "real"
    if any(test(kind) for test in _TIMES):
        return "time"
    if not any(test(kind) for test in _LISTS):
        return "other"
    members = storage_of(kind.value_type)
    return {"real": "fractions", "text": "list", "whole": "list", "boolean": "list"}.get(members, "other")


def plain(column: pa.Array) -> pa.Array:
    """The column as strings, or lists of strings, empty ones null; of a float its shortest writing."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return column
    storage = storage_of(column.type)
    if storage == "list":
        members = plain(column.flatten())
        lengths = pc.fill_null(pc.list_value_length(column), 0).cast(pa.int32())
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
        return pa.ListArray.from_arrays(offsets, members)
    if storage in ("other", "fractions"):
        return pa.nulls(len(column))
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowInvalid:
            texts = [None if value is None else value.decode(errors="replace") for value in column.to_pylist()]
            column = pa.array(texts, pa.string())
    if pa.types.is_timestamp(column.type) and column.type.tz:
        # In UTC: an offset is a zone that has no name to Arrow's texts.
        column = column.cast(pa.int64()).cast(pa.timestamp(column.type.unit))
    text = column.cast(pa.string())
    return pc.replace_with_mask(text, pc.fill_null(pc.equal(text, ""), False), pa.scalar(None, pa.string()))


_SPOILT = ("bytes", "nan")


def _spoilt(raw: pa.Array) -> str | None:
    """What makes a column useless that its type does not tell."""
    if pa.types.is_floating(raw.type) and pc.any(pc.is_nan(raw.cast(pa.float64()))).as_py():
        return "nan"
    if pa.types.is_binary(raw.type) or pa.types.is_large_binary(raw.type):
        try:
            raw.cast(pa.string())
        except pa.ArrowInvalid:
            return "bytes"
    return None


@dataclass
class Counts:
    """What was counted of a column.

    Attributes:
        rows: all of them.
        missing: those without a value.
        storage: what the files' type holds; see `storage_of`; 'bytes' where some are no text, 'nan' where a number is
            none.
        numeric: whether every value but `no_values` is a number.
        whole: whether all these are whole.
        low, high: the least and the greatest number.
        first: the least text, by its signs; '' of numbers.
        zone: of the files' type of times, where it has one.
        no_values: texts among numbers that programs write for no value, how often each.
        few: how often each value occurs; None beyond FEW different ones.
        many: whether a row has several values.
        members: values, of a list all its members.
    """

    rows: int = 0
    missing: int = 0
    storage: str = "text"
    numeric: bool = True
    whole: bool = True
    low: float = float("inf")
    high: float = float("-inf")
    first: str = ""
    zone: str | None = None
    no_values: dict[str, int] = field(default_factory=dict)
    few: dict[str, int] | None = field(default_factory=dict)
    many: bool = False
    members: int = 0
    _sketch: sketches.KmvSketch = field(default_factory=lambda: sketches.KmvSketch(_HASHES))

    @property
    def distinct(self) -> int:
        """How many different values there are, without what stands for no value; beyond 16,384 an estimate."""
        estimate = len(self.few) if self.few is not None else int(self._sketch.Estimate())
        return max(0, estimate - len(self.no_values))

    @property
    def exact(self) -> bool:
        """Whether `distinct` was counted."""
        return self.few is not None or self.distinct < _HASHES

    def add(self, raw: pa.Array, column: pa.Array) -> None:
        """Counts some rows.

        Args:
            raw: the column as the format gives it.
            column: the same as `plain` has it.
        """
        self.rows += len(column)
        if not pa.types.is_null(raw.type) and self.storage not in _SPOILT:
            self.storage = _spoilt(raw) or storage_of(raw.type)
        if pa.types.is_timestamp(raw.type):
            self.zone = raw.type.tz
        if pa.types.is_null(column.type):
            self.missing += len(column)
            return
        if pa.types.is_list(column.type):
            lengths = pc.fill_null(column.value_lengths(), 0)
            self.missing += pc.sum(pc.equal(lengths, 0)).as_py() or 0
            self.many = self.many or (pc.max(lengths).as_py() or 0) > 1
            column = column.flatten()
        else:
            self.missing += column.null_count
        values = column.drop_null()
        self.members += len(values)
        if not len(values):
            return
        self._sketch.AddValues(values)
        if self.numeric:
            self._add_numbers(values)
        if not self.numeric:
            least = pc.min(values).as_py()
            self.first = min(self.first, least) if self.first else least
        if self.few is not None:
            self._add_few(values)

    def _add_few(self, values: pa.Array) -> None:
        assert self.few is not None
        counted = values.value_counts()
        if len(counted) > FEW:
            self.few = None
            return
        for value, count in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
            self.few[value] = self.few.get(value, 0) + count
        if len(self.few) > FEW:
            self.few = None

    def _add_numbers(self, values: pa.Array) -> None:
        try:
            numbers = pc.utf8_trim_whitespace(values).cast(pa.float64())
        except pa.ArrowInvalid:
            are = pc.match_substring_regex(values, _NUMBER)
            others = values.filter(pc.invert(are)).value_counts()
            for value, count in zip(others.field(0).to_pylist(), others.field(1).to_pylist(), strict=True):
                if not NO_VALUES.fullmatch(value.strip()):
                    self.numeric = False
                    return
                self.no_values[value] = self.no_values.get(value, 0) + count
            numbers = pc.utf8_trim_whitespace(values.filter(are)).cast(pa.float64())
        if not len(numbers):
            return
        if not pc.all(pc.is_finite(numbers.cast(pa.float32(), safe=False))).as_py():
            self.numeric = False
            return
        self.whole = self.whole and bool(pc.all(pc.equal(numbers, pc.round(numbers))).as_py())
        self.low, self.high = min(self.low, pc.min(numbers).as_py()), max(self.high, pc.max(numbers).as_py())
