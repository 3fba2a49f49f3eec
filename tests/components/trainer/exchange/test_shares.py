"""Shares of the examples: together they are what one process reads, in its order and its batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.examples.record_files import records
from widedeep.components.trainer.exchange.exchange import ALONE
from widedeep.components.trainer.exchange.shares import Share, Turn, draw

AT_ONCE = 16


class Heard:
    """An exchange of which every worker's values are known: those that `draw` asks for, in its order."""

    def __init__(self, number: int, answers: list[list[np.ndarray]]) -> None:
        self.workers, self.number, self._answers = len(answers[0]), number, iter(answers)

    def gather(self, values: np.ndarray) -> list[np.ndarray]:
        answer = next(self._answers)
        np.testing.assert_array_equal(answer[self.number], values)
        return answer


@pytest.fixture
def write(tmp_path: Path):
    def files(sizes: list[int]) -> list[str]:
        names = [str(tmp_path / f"part-{number:02d}.gz") for number in range(len(sizes))]
        for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
            with tf.io.TFRecordWriter(name, "GZIP") as writer:
                for row in range(size):
                    writer.write(f"{number}:{row}".encode())
        return names

    return files


@pytest.mark.parametrize(
    ("sizes", "workers"),
    [
        ([5, 1, 0, 7, 3], 2),  # files of their own, of any size
        ([5, 1, 0, 7, 3], 3),
        ([5, 4], 3),  # rows in turn
        ([2], 3),  # fewer rows than workers
        ([3] * AT_ONCE, 5),
    ],
)
def test_the_workers_rows_are_numbered_as_one_process_reads_them(write, sizes, workers):
    names = write(sizes)
    alone = tf.data.Dataset.from_tensor_slices(names).interleave(records, cycle_length=AT_ONCE)
    shares = [
        [(int(number), record) for number, record in Share(number, workers).records(names, AT_ONCE).as_numpy_iterator()]
        for number in range(workers)
    ]
    together = sorted(pair for share in shares for pair in share)
    assert [record for _, record in together] == list(alone.as_numpy_iterator())
    assert len({number for number, _ in together}) == len(together)
    if len(sizes) >= workers:
        read = [{record.split(b":")[0] for _, record in share} for share in shares]
        assert sum(map(len, read)) == len(set().union(*read))


def of_each(numbers: list[np.ndarray], kept: list[np.ndarray], keep: float, batch_size: int) -> list[Turn]:
    """What each worker draws."""
    answers = [numbers, [each.astype(np.int64) for each in kept]]
    return [
        draw(np.random.default_rng(3), numbers[number], kept[number], keep, batch_size, Heard(number, answers))
        for number in range(len(numbers))
    ]


@given(data=st.data())
@settings(max_examples=60)
def test_batches_of_all_workers_are_those_of_one_process(data):
    count = data.draw(st.integers(0, 40))
    workers = data.draw(st.integers(2, 4))
    owner = np.array(data.draw(st.lists(st.integers(0, workers - 1), min_size=count, max_size=count)), int)
    keep = data.draw(st.sampled_from([1.0, 0.5]))
    batch_size = data.draw(st.integers(1, 12))
    must = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
    # Numbers rise in the order of reading, with gaps, and a worker holds its own in any order.
    numbers = np.cumsum(1 + np.arange(count) % 3)
    held = [np.random.default_rng(worker).permutation(np.flatnonzero(owner == worker)) for worker in range(workers)]
    turns = of_each([numbers[rows] for rows in held], [must[rows] for rows in held], keep, batch_size)
    whole = draw(np.random.default_rng(3), np.arange(count), must, keep, batch_size, ALONE)
    assert {turn.batches for turn in turns} == {whole.batches}
    for batch in range(whole.batches):
        wanted = whole.order[whole.ends[batch] : whole.ends[batch + 1]]
        assert len(wanted) == batch_size or batch == whole.batches - 1
        together = [
            rows[turn.order[turn.ends[batch] : turn.ends[batch + 1]]] for rows, turn in zip(held, turns, strict=True)
        ]
        assert sorted(np.concatenate(together)) == sorted(wanted)
    if keep == 1:
        assert sorted(whole.order) == list(range(count))
    else:
        assert set(np.flatnonzero(must)) <= set(whole.order)


def test_a_batch_is_cut_into_equal_parts_for_replicas():
    # Batches of 4, 1 and 0 examples, for 3 replicas: of two, one and no example.
    assert Turn(np.arange(5), np.array([0, 4, 5, 5])).ends_of(3).tolist() == [0, 2, 4, 4, 5, 5, 5, 5, 5, 5]
    assert Turn(np.arange(5), np.array([0, 4, 5])).ends_of(1).tolist() == [0, 4, 5]
