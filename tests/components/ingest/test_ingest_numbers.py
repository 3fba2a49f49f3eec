"""Numbers that 32 bits can't keep apart, and one that flattens all others: named, or harmless and without a word."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.numbers import number_files
from widedeep.components.ingest.numbers.number_faults import _merged, faults
from widedeep.components.ingest.numbers.number_profile import NumberProfile

RANDOM = np.random.default_rng(11)
N = 20_000


def declared(transform: str = "z_score", **more: object) -> FeatureSpec:
    options = {"quantile_cdf": {"quantiles": 10}}.get(transform, {})
    feature = {"key": "x", "kind": "numeric", "side": "context", "transform": {transform: options}, "deep": {}, **more}
    return FeatureSpec.model_validate({"label": {"key": "label"}, "features": [feature]})


def seen(
    *files: Sequence[float], spec: FeatureSpec | None = None, splits: Sequence[str | None] = ()
) -> tuple[list[str], list[str]]:
    spec = spec or declared()
    records = []
    for number, (values, split) in enumerate(itertools.zip_longest(files, splits)):
        profile = NumberProfile(spec)
        for start in range(0, len(values), 8192):
            column = pa.array([[float(value)] for value in values[start : start + 8192]], pa.list_(pa.float64()))
            profile.add("x", start + 1, column)
        records.append(profile.record(f"part{number}", split))
    return faults(records, spec)


HARMLESS = {
    "uniform": RANDOM.random(N),
    "normal": RANDOM.normal(0, 1, N),
    "years": RANDOM.integers(1900, 2030, N),
    "seconds of a month": 1.7e9 + RANDOM.random(N) * 2.6e6,
    "milliseconds of a day": 1.7e12 + RANDOM.random(N) * 8.64e7,
    "incomes": RANDOM.lognormal(10, 1, N),
    "mostly nothing": np.where(RANDOM.random(N) < 0.95, 0.0, RANDOM.exponential(1000.0, N)),
    "heavy tail": RANDOM.pareto(2, N),
    "places of a city": 52.5 + RANDOM.normal(0, 0.05, N),
    "constant": np.full(N, 1.7e9),
    "few": np.array([1.0, 2.0, 1e20]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_no_false_alarm(name: str) -> None:
    assert seen(HARMLESS[name]) == ([], [])


# 2^30 and more: 128 apart are the numbers of 32 bits, so of k groups of 128 values a pair falls into one with 1/k.
LOST = {
    "seconds of ten minutes": (1_700_000_000 + np.arange(640), 1 / 5),
    "negative": (-1_700_000_000 - np.arange(640), 1 / 5),
}


@pytest.mark.parametrize("name", LOST)
def test_lost_numbers_stop_the_run(name: str) -> None:
    values, share = LOST[name]
    [sentence], warnings = seen(RANDOM.permutation(values))
    assert warnings == []
    assert sentence.startswith("column 'x': 32 bits can't keep its numbers apart: ")
    # 64 bits do.
    assert seen(RANDOM.permutation(values), spec=declared(bits=64)) == ([], [])
    said = float(sentence.split("apart: ")[1].split("%")[0]) / 100
    assert said == pytest.approx(share, abs=0.05)


def test_the_pair_and_the_start_are_named() -> None:
    [sentence], _ = seen([1_700_000_010.0, 1_700_000_012.0, 1_700_000_500.0])
    assert (
        "as 1700000010 and 1700000012 (both 1700000000). Set 'bits: 64' for the feature, or count from a " in sentence
    )
    assert "later start, as 1700000000, in the data and in requests; where " in sentence


def test_a_part_of_the_pairs_is_told() -> None:
    stopping, [sentence] = seen(1.7e9 + RANDOM.random(N) * 3600)
    assert stopping == []
    assert "can't keep its numbers apart: 3." in sentence


def test_numbers_that_were_narrowed_before(tmp_path: Path) -> None:
    """Of a Parquet file's floats, or a tf.Example's, nothing brings back what they have lost."""
    times = (1_700_000_000 + np.arange(600)).astype(np.float32)
    table = pa.table({"x": RANDOM.permutation(times), "label": np.arange(600) % 2})
    pq.write_table(table, tmp_path / "part.parquet")
    profile = NumberProfile(declared())
    list(raw_files.read(str(tmp_path / "part.parquet"), "parquet", declared(), profile=profile))
    stopping, [sentence] = faults([profile.record("part", "train")], declared())
    assert stopping == []
    assert sentence == (
        "column 'x': its numbers lie as close together as 32 bits allow, as 1700000000 and 1700000128: something has "
        "narrowed them before. Write them as whole numbers or in 64 bits, and set 'bits: 64' for the feature."
    )


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0 + 2.0**-30, 1e20, 1e20 + 2.0**40, -5.0]), min_size=2, max_size=30))
def test_share_of_pairs(values: list[float]) -> None:
    """As counted pair by pair."""
    pairs = [(a, b) for a, b in itertools.product(values, values) if a != b]
    equal = [pair for pair in pairs if np.float32(pair[0]) == np.float32(pair[1])]
    share, _ = _merged(np.array(values), 32)
    assert share == pytest.approx(len(equal) / len(pairs) if pairs else 0.0)


def test_files_are_judged_together() -> None:
    """Of each file alone 32 bits lose a fifth of the pairs, of all together a hundredth of that."""
    hours = [1_700_000_000.0 + 86_400 * day + np.arange(640) for day in range(100)]
    assert seen(*hours) == ([], [])


@pytest.mark.parametrize("value", [1e20, -1e20, 1e6])
@pytest.mark.parametrize("place", [0, 12_345, N - 1])
def test_one_value_that_flattens_the_others(value: float, place: int) -> None:
    values = np.random.default_rng(5).normal(0, 1, N)
    values[place] = value
    stopping, [sentence] = seen(values)
    assert stopping == []
    text = {1e20: "1e+20", -1e20: "-1e+20", 1e6: "1000000"}[value]
    assert sentence.startswith(
        f"column 'x': {text} (part0, row {place + 1:,}) lies so far from the others that z_score "
    )
    # What is no z-score is not flattened.
    assert seen(values, spec=declared("quantile_cdf")) == ([], [])
    assert seen(values, spec=declared("log")) == ([], [])


def test_only_what_is_learned_from_flattens() -> None:
    values = np.random.default_rng(5).normal(0, 1, N)
    assert seen(values, [*values, 1e20], splits=("train", "test")) == ([], [])
    assert len(seen([*values, 1e20], values, splits=("train", "test"))[1]) == 1


def test_names_beyond_whole_numbers() -> None:
    stopping, [sentence] = seen(2.0**60 * (1 + np.arange(N) / N))
    assert stopping == []
    assert sentence == (
        "column 'x': 1.152921504606847e+18 (part0, row 1) is beyond 9,007,199,254,740,992, from where on 64 bits don't "
        "keep whole numbers apart: where they are names, declare the feature categorical, and keep them as text or "
        "whole numbers."
    )


def test_rows_are_counted_with_missing_ones(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text(
        "x,label\n" + "".join(f"{number % 7 if number % 2 else ''},1\n" for number in range(99)) + "1e15,0\n"
    )
    spec = declared(column="x")
    profile = NumberProfile(spec)
    list(raw_files.read(str(path), "csv", spec, profile=profile))
    _, [sentence] = faults([profile.record(str(path), None)], spec)
    assert f"column 'x': 1000000000000000 ({path}, row 100) lies so far" in sentence


def test_notes_and_errors_of_an_output(tmp_path: Path) -> None:
    spec = declared()
    profile = NumberProfile(spec)
    values = [*np.random.default_rng(5).normal(0, 1, 100), 1e20]
    profile.add("x", 1, pa.array([[value] for value in values], pa.list_(pa.float64())))
    number_files.write([str(tmp_path / "Split-train")], 0, "part", profile)
    number_files.check(str(tmp_path), spec)
    [sentence] = number_files.warnings([str(tmp_path), str(tmp_path / "older")])
    assert "1e+20 (part, row 101)" in sentence
    assert sorted(path.name for path in tmp_path.iterdir()) == [number_files.NOTES]
    profile.add("x", 102, pa.array([[1.7e9 + second % 600] for second in range(9000)], pa.list_(pa.float64())))
    number_files.write([str(tmp_path / "Split-train")], 0, "part", profile)
    with pytest.raises(DataError, match="column 'x': 32 bits can't"):
        number_files.check(str(tmp_path), spec)


@pytest.mark.parametrize("kind", [pa.decimal128(38, 0), pa.decimal128(20, 0), pa.decimal256(60, 0)])
def test_whole_decimals_are_names(tmp_path: Path, kind: pa.DataType) -> None:
    ids = [Decimal(9007199254740993), Decimal(-7), None, Decimal(10**18 + 1)]
    table = pa.table({"user": pa.array(ids, kind), "x": pa.array([Decimal("1"), None, None, Decimal("2")], kind)})
    pq.write_table(table.append_column("label", pa.array([0, 1, 0, 1])), tmp_path / "part.parquet")
    spec = declared()
    user = {"key": "user", "kind": "categorical", "side": "context", "transform": {"vocabulary": {}}, "wide": True}
    spec = FeatureSpec.model_validate(spec.model_dump(exclude_defaults=True) | {"features": [user, spec.features[0]]})
    rows = pa.Table.from_batches(raw_files.read(str(tmp_path / "part.parquet"), "parquet", spec))
    assert rows["user"].to_pylist() == [[b"9007199254740993"], [b"-7"], None, [b"1000000000000000001"]]
    assert rows["x"].to_pylist() == [[1.0], None, None, [2.0]]
