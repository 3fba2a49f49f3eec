"""Which candidates are drawn, against what every candidate's chance is by definition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.ingest.negatives.draws import Draws, Positives
from widedeep.components.ingest.negatives.hashing import pairs_of
from widedeep.components.ingest.negatives.pool import Pool


def pool(forms: list[tuple[int, int]], had: list[tuple[int, int]] = ()) -> Pool:  # type: ignore[assignment]
    """Forms as (item, rows), and who has had which item."""
    pairs = np.array(had, np.int64).reshape(-1, 2)
    return Pool(
        forms=np.arange(len(forms)),
        items=np.array([item for item, _ in forms], np.int64),
        rows=np.array([rows for _, rows in forms], np.int64),
        table=pa.table({"item": [[b"%d" % item] for item, _ in forms]}),
        pairs=np.unique(pairs_of(pairs[:, 0], pairs[:, 1])),
    )


def positives(users: list[int], items: list[int], seed: int = 0) -> Positives:
    seeds = np.arange(seed, seed + len(users), dtype=np.uint64)
    return Positives(seeds, np.array(users, np.int64), np.array(items, np.int64))


@given(
    had=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=20),
    rows=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 5)), min_size=1, max_size=8),
    items=st.sets(st.integers(0, 5), min_size=1),
    count=st.integers(1, 4),
    popularity=st.sampled_from([0.0, 0.5, 1.0]),
    seed=st.integers(0, 1000),
)
def test_what_is_drawn_is_left_for_the_user(
    had: set[tuple[int, int]],
    rows: list[tuple[int, int]],
    items: set[int],
    count: int,
    popularity: float,
    seed: int,
) -> None:
    """By going through all candidates: as many as are left or wanted; never the own, one the user had, or twice."""
    forms = [(item, item + 1) for item in sorted(items)]
    drawn = Draws(pool(forms, sorted(had)), popularity).of(positives(*map(list, zip(*rows, strict=True)), seed), count)
    for (user, own), places in zip(rows, drawn.tolist(), strict=True):
        left = {item for item in items if item != own and (user < 0 or (user, item) not in had)}
        chosen = [forms[place][0] for place in places if place >= 0]
        assert len(chosen) == len(set(chosen)) == min(count, len(left))
        assert set(chosen) <= left


@pytest.mark.parametrize("popularity", [0.0, 0.5, 1.0])
def test_chances(popularity: float) -> None:
    """In proportion to a candidate's rows to the power; of its forms as often as rows hold them."""
    forms = [(1, 1), (2, 4), (3, 3), (3, 6)]
    rows = 20_000
    drawn = Draws(pool(forms, [(7, 1)]), popularity).of(positives([7, 8] * (rows // 2), [-1] * rows), 1)[:, 0]
    for start, left in ((0, [2, 3]), (1, [1, 2, 3])):
        total = {1: 1, 2: 4, 3: 9}
        weight = {item: total[item] ** popularity for item in left}
        shares = np.bincount(drawn[start::2], minlength=4) / (rows / 2)
        for place, (item, count) in enumerate(forms):
            expected = weight.get(item, 0) / sum(weight.values()) * count / total[item]
            # Five standard errors.
            assert abs(shares[place] - expected) <= 5 * np.sqrt(expected * (1 - expected) / (rows / 2))


def test_a_candidate_that_is_hard_to_find() -> None:
    """One in ten thousand is left: it is found, for each row, without a trial each."""
    had = [(5, item) for item in range(10_000) if item != 1234]
    drawn = Draws(pool([(item, 1) for item in range(10_000)], had), 0.0).of(positives([5, 5], [0, 1]), 2)
    assert drawn.tolist() == [[1234, -1], [1234, -1]]


def test_the_union_of_pools_is_sorted_whatever_the_order() -> None:
    first, second = pool([(4, 2), (9, 1)], [(1, 4)]), pool([(4, 3)], [(1, 4), (2, 4)])
    for parts in ([first, second], [second, first]):
        union = Pool.union(parts)
        assert (union.items.tolist(), union.rows.tolist(), union.forms.tolist()) == ([4, 9], [5, 1], [0, 1])
        assert union.table.column("item").to_pylist() == [[b"4"], [b"9"]]
        assert union.has(np.array([1, 2, 2, -1]), np.array([4, 4, 9, 4])).tolist() == [True, True, False, False]
