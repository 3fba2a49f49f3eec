"""One raw column, as text or in Parquet's types, into the lists of values that a tf.Example holds."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.features.spec import FeatureSpec, Kind, Label
from widedeep.components.features.time_parts import Unit
from widedeep.components.ingest import scalars
from widedeep.components.ingest.labels.label_values import label
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.times.time_values import times


def column_kinds(spec: FeatureSpec, labelled: bool) -> dict[str, Kind | Label]:
    """Every column the data must have, with its kind; the label's is its declaration.

    Rows that are not `labelled` have neither label nor weight, as those that a server sees.
    """
    kinds: dict[str, Kind | Label] = {feature.key: feature.kind for feature in spec.features}
    if not labelled:
        return kinds
    kinds[spec.label.key] = spec.label
    if spec.weight:
        kinds[spec.weight] = "numeric"
    return kinds


def number_columns(spec: FeatureSpec, labelled: bool) -> set[str]:
    """Names of the raw columns that hold numbers: of features, and of label and weight where the rows have them."""
    kinds = column_kinds(spec, labelled)
    return {
        spec.columns[key]
        for key, kind in kinds.items()
        if kind == "numeric" or (isinstance(kind, Label) and not kind.positive)
    }


def to_lists(column: pa.Array, kind: Kind | Label, separator: str, unit: Unit = "s") -> pa.ListArray:
    """A column of scalars or lists as lists of binary (text), float64 or int64 (classes); a missing value is null.

    Example: the set column ["a|b", "", null] with separator "|" becomes [[b"a", b"b"], null, null].

    Args:
        column: the raw one.
        kind: of the feature, or the label's declaration.
        separator: of a set in text.
        unit: of a time.

    Raises:
        BadValueError: a value that is no number, no time, not finite, not UTF-8, too long, or no value of the label.
        DataError: the column's type can't hold such a feature at all.
    """
    if kind == "set":
        return _set(column, separator).cast(pa.list_(pa.binary()))
    column = single_values(column)
    if kind == "time":
        return _wrap(times(column, unit))
    if kind == "categorical":
        return _wrap(scalars.text(column)).cast(pa.list_(pa.binary()))
    return _wrap(label(column, kind) if isinstance(kind, Label) else scalars.number(column))


def single_values(column: pa.Array) -> pa.Array:
    """A column of scalars, or of lists of one value each, as scalars. Raises BadValueError of a list of several."""
    return _single(column) if _is_list(column.type) else column


def with_rest(column: pa.ListArray, rest: pa.ListArray) -> pa.ListArray:
    """The float64 numbers of 32 bits and their rests, which `rest_of` has made."""
    # Examples without any rest have no type for it.
    rests = _single(rest) if _is_list(rest.type) else pa.nulls(len(rest), pa.float32())
    return _wrap(pc.add(_single(column), pc.fill_null(rests, 0.0)))


def rest_of(column: pa.ListArray) -> pa.ListArray:
    """What float64 numbers have beyond their 32 bits, as float32; no value where that is nothing."""
    numbers = _single(column)
    rest = pc.subtract(numbers, numbers.cast(pa.float32(), safe=False).cast(pa.float64())).cast(
        pa.float32(), safe=False
    )
    return _wrap(pc.if_else(pc.equal(rest, 0.0), pa.scalar(None, pa.float32()), rest))


def narrowed(column: pa.ListArray) -> pa.ListArray:
    """The column as tf.Examples hold it: numbers in 32 bits."""
    return column.cast(pa.list_(pa.float32()), safe=False) if column.type.value_type == pa.float64() else column


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _wrap(values: pa.Array) -> pa.ListArray:
    valid = pc.is_valid(values)
    return pa.ListArray.from_arrays(_offsets(valid), values.drop_null(), mask=pc.invert(valid))


def _offsets(counts: pa.Array) -> pa.Array:
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(counts.cast(pa.int32()))])


def _single(column: pa.Array) -> pa.Array:
    """The one value of each list; null where it has none."""
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    many = pc.index(pc.greater(lengths, 1), pa.scalar(True)).as_py()
    if many >= 0:
        raise BadValueError(many, column[many].as_py(), "has several values, and only a set may")
    positions = pc.if_else(pc.equal(lengths, 1), _offsets(lengths)[:-1], pa.scalar(None, pa.int32()))
    return column.flatten().take(positions)


def _set(column: pa.Array, separator: str) -> pa.ListArray:
    """Empty members ("a||b") are dropped; a row with none left is missing, as an empty list is."""
    if not _is_list(column.type):
        column = pc.split_pattern(scalars.strings(column), separator)
    # Not column.values, where a null row may hide members.
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    offsets = _offsets(lengths)
    try:
        members = scalars.text(column.flatten())
    except BadValueError as error:
        row = pc.index(pc.greater(offsets, error.index), pa.scalar(True)).as_py() - 1
        raise BadValueError(row, error.value, error.fault) from None
    ends = _offsets(pc.is_valid(members))
    offsets = pc.take(ends, offsets)
    return pa.ListArray.from_arrays(offsets, members.drop_null(), mask=pc.equal(offsets[1:], offsets[:-1]))
