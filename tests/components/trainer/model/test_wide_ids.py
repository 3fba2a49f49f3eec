"""Which ids of the wide part are too rare for a weight: counted by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.trainer.model.network import MOST_FULL_IDS
from widedeep.components.trainer.model.wide_ids import WideIds

ROWS = 8
EXAMPLES = st.lists(st.lists(st.integers(0, ROWS - 1), max_size=4), max_size=12)


def flat(examples: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.array([row for example in examples for row in example], np.int32)
    return rows, np.array([len(example) for example in examples], np.int64)


def nested(rows: np.ndarray, lengths: np.ndarray) -> list[list[int]]:
    return [part.tolist() for part in np.split(rows, np.cumsum(lengths)[:-1])] if len(lengths) else []


def test_an_id_that_one_example_has_is_left_out_and_its_example_stays():
    ids = WideIds(ROWS, min_count=2)
    kept = nested(*ids.kept(*flat([[0, 1], [1, 2], [3]]), block=0))
    assert kept == [[1], [1], []]
    # As used counts what is left out, too: a cross's fill is that of the data.
    assert np.flatnonzero(ids.used).tolist() == [0, 1, 2, 3]


@given(EXAMPLES, EXAMPLES, st.integers(1, 4), st.sets(st.integers(0, ROWS - 1)))
@settings(deadline=None)
def test_ids_are_counted_over_the_blocks_of_one_pass(first, second, least, known):
    earlier = np.isin(np.arange(ROWS), list(known)) if known else None
    ids = WideIds(ROWS, least, earlier)
    count = Counter[int]()
    seen = []
    for number, examples in enumerate((first, second)):
        count.update(row for example in examples for row in example)
        enough = {row for row in range(ROWS) if count[row] >= least} | known
        expected = [[row for row in example if row in enough] for example in examples]
        assert nested(*ids.kept(*flat(examples), block=number)) == expected
        seen.append(examples)
    # Later passes count nothing again.
    for number, examples in enumerate(seen):
        expected = [[row for row in example if row in enough] for example in examples]
        assert nested(*ids.kept(*flat(examples), block=number)) == expected
    assert set(np.flatnonzero(ids.used).tolist()) == set(count)


def test_counts_do_not_run_over():
    ids = WideIds(1, min_count=255)
    for block, (uses, kept) in enumerate([(200, 0), (54, 0), (1, 1), (1000, 1000)]):
        rows, lengths = ids.kept(np.zeros(uses, np.int32), np.ones(uses, np.int64), block)
        assert (len(rows), int(lengths.sum())) == (kept, kept)


@pytest.mark.parametrize(("size", "kept"), [(MOST_FULL_IDS, 0), (MOST_FULL_IDS + 1, MOST_FULL_IDS + 1)])
def test_of_many_ids_all_stay_as_each_counts_by_how_many_there_are(size, kept):
    rows, lengths = WideIds(size, min_count=2).kept(np.arange(size, dtype=np.int32), np.array([size]), 0)
    assert (len(rows), lengths.tolist()) == (kept, [kept])
