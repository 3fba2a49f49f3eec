"""Batches: order, size, and the one signature that fits them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import tensorflow as tf

from components.errors import DataError
from components.features.spec import FeatureSpec
from components.trainer.inputs import batch_signature, batches, parsing_spec
from components.trainer.layout import make_layout

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "weight": "w",
        "features": [
            {"key": "a", "kind": "set", "side": "context", "transform": {"hash": {"buckets": 99}}, "wide": True},
            {"key": "x", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
        ],
    }
)
PARSING = parsing_spec(SPEC, make_layout(SPEC, {}))


@pytest.fixture(scope="module")
def files(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Rows numbered 0 to 49 by their id, in two files."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = [{"a_id": [n], "x_value": [0.5], "x_missing": [0.0], "y": [n % 2], "w": [1.0]} for n in range(50)]
    for part in (0, 1):
        records = [prepared.example(row) for row in rows[part * 25 : part * 25 + 25]]
        prepared.write(folder / f"part-{part}.gz", records)
    return [str(folder / "part-*.gz")]


def numbers(data: tf.data.Dataset) -> Iterator[int]:
    for batch in data:
        yield from batch["a_id"].values.numpy().tolist()


def test_without_a_seed_rows_come_in_the_files_order(files):
    data = batches(files, PARSING, 20)
    assert list(numbers(data)) == list(range(50))
    assert [int(batch["y"].shape[0]) for batch in data] == [20, 20, 10]


def test_each_pass_has_every_row_in_an_order_of_its_own(files):
    data = batches(files, PARSING, 20, shuffle_seed=1)
    first, second = list(numbers(data)), list(numbers(data))
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert first != list(range(50))


def test_the_seed_alone_decides_the_orders(files):
    def passes(seed: int) -> list[list[int]]:
        tf.random.set_seed(0)
        data = batches(files, PARSING, 20, shuffle_seed=seed)
        return [list(numbers(data)) for _ in range(2)]

    assert passes(1) == passes(1)
    assert passes(1) != passes(2)


def test_one_trace_serves_batches_of_any_size(files):
    traces = []

    @tf.function(input_signature=[batch_signature(PARSING)])
    def rows(batch: Any) -> tf.Tensor:
        traces.append(1)
        return tf.size(batch["y"])

    assert [int(rows(batch)) for size in (20, 1, 50) for batch in batches(files, PARSING, size)][:3] == [20, 20, 10]
    assert len(traces) == 1


def test_files_that_are_not_there_are_named():
    with pytest.raises(DataError) as caught:
        batches(["/nowhere/a*", "/nowhere/b"], PARSING, 20)
    assert str(caught.value) == "no transformed examples match /nowhere/a*, /nowhere/b: is the split empty?"
