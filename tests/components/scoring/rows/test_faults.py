"""All bad values of a column are found, whatever a conversion says of them first."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.ingest import scalars
from widedeep.components.scoring.rows.faults import converted

VALUES = st.lists(st.one_of(st.none(), st.floats(-9, 9).map(repr), st.sampled_from(["", " ", "old", "1e99", "x"])))


@given(VALUES)
def test_each_value_is_converted_as_if_it_were_alone(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    numbers, faults = converted(column, scalars.number)
    faulty = {error.index: (error.value, error.fault) for error in faults}
    assert len(faulty) == len(faults)
    alone = [_alone(column.slice(index, 1)) for index in range(len(values))]
    assert faulty == {index: each for index, each in enumerate(alone) if isinstance(each, tuple)}
    assert numbers.to_pylist() == [None if isinstance(each, tuple) else each for each in alone]


def _alone(value: pa.Array) -> float | tuple[object, str] | None:
    """The number, or the value and what is wrong with it."""
    try:
        number: float | None = scalars.number(value)[0].as_py()
    except scalars.BadValueError as error:
        return error.value, error.fault
    return number
