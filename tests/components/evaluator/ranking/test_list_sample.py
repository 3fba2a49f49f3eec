"""A sample of lists: whole lists, as many rows as may be, the same ones however the rows come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widedeep.components.evaluator.ranking.combiner import MOST_ROWS, SumLists
from widedeep.components.evaluator.ranking.list_metrics import ListRows
from widedeep.components.evaluator.ranking.list_sample import HASHES, ListSample, SampledRows
from widedeep.components.evaluator.ranking.list_sums import NO_LIST, ListSums
from widedeep.components.evaluator.ranking.ranking_record import ranking_record

MOST = 20


def rows(numbers: list[int], first: int = 0) -> SampledRows:
    """Rows of these lists, each with a score of its own."""
    number = np.array(numbers, np.int64)
    return SampledRows(
        number,
        (number % 7).astype(np.uint8),
        np.arange(number.size) % 2 == 0,
        np.ones(number.size, np.float32),
        np.arange(first, first + number.size, dtype=np.float32)[:, None],
    )


def sampled(batches: list[list[int]], workers: int) -> ListSample:
    """What some workers gather of batches that they take in turn."""
    samples = [ListSample(MOST) for _ in range(workers)]
    first = 0
    for turn, numbers in enumerate(batches):
        samples[turn % workers].add(rows(numbers, first))
        first += len(numbers)
    whole = ListSample(MOST)
    for sample in samples:
        whole.merge(sample)
    return whole


@given(
    batches=st.lists(st.lists(st.integers(NO_LIST, 30), max_size=30), min_size=1, max_size=12),
    workers=st.integers(1, 3),
)
@example(batches=[[3] * 90, [2] * 5], workers=1)
@example(batches=[[5] * 50], workers=2)
@settings(deadline=None)
def test_whole_lists_of_the_lowest_numbers_up_to_so_many_rows(batches: list[list[int]], workers: int) -> None:
    sample = sampled(batches, workers)
    kept = sample.rows()
    given_rows = sorted(number for batch in batches for number in batch if number != NO_LIST)
    expected = given_rows
    if len(given_rows) > MOST:
        below = [number for number in given_rows if number < given_rows[MOST]]
        # One list alone may be longer.
        expected = below or [number for number in given_rows if number == given_rows[0]]
        assert sample.limit == (given_rows[MOST] if below else given_rows[0] + 1)
    else:
        assert sample.limit == HASHES
    assert sorted(kept.number.tolist()) == expected
    assert sample.outside == sum(batch.count(NO_LIST) for batch in batches)
    # No row is there twice, and each has what it came with.
    assert len(set(kept.scores[:, 0].tolist())) == kept.number.size
    assert (kept.group == kept.number % 7).all()


def test_what_waits_is_bounded() -> None:
    sample, random = ListSample(MOST), np.random.default_rng(3)
    for _ in range(2_000):
        sample.add(rows(random.integers(0, HASHES, 3).tolist()))
        assert sum(part.number.size for part in sample._parts) <= 2 * MOST
    assert sample.rows().number.size == MOST
    # Of 6,000 lists of one row each: within five deviations of a uniform order statistic.
    assert sample.share == pytest.approx(MOST / 6_000, abs=5 * MOST**0.5 / 6_000)


def test_a_list_that_is_longer_alone_is_not_cut_again_at_each_batch() -> None:
    sample = ListSample(MOST)
    cuts = 0
    for _ in range(300):
        sample.add(rows([4] * 10))
        cuts += len(sample._parts) == 1 and sample._count > MOST
    assert sample.rows().number.tolist() == [4] * 3_000
    assert cuts < 12


def test_the_sums_are_those_of_the_sample_and_say_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widedeep.components.evaluator.ranking.combiner.MOST_ROWS", MOST * 32)
    numbers = np.repeat(np.random.default_rng(5).integers(0, HASHES, 40), 5).tolist()
    lists = SumLists((3,))
    sample = lists.add_input(lists.create_accumulator(), rows([*numbers, NO_LIST, NO_LIST]))
    nothing = lists.compact(lists.create_accumulator())
    sums = lists.extract_output(lists.compact(lists.merge_accumulators([nothing, sample])))
    chosen = rows(numbers).of(np.isin(numbers, sorted(set(numbers))[: MOST // 5]))
    expected = ListSums.of(
        ListRows(chosen.number, chosen.label, chosen.weight.astype(float)), chosen.group, chosen.scores, (3,)
    )
    np.testing.assert_array_equal(sums.sums, expected.sums)
    assert (sums.lists, sums.outside) == (MOST // 5, 2)
    # Of four lists in forty the true share is a tenth; the fifth lowest of forty hashes has a mean of 5/41.
    assert sums.lists / sums.everywhere == sample.share == sorted(set(numbers))[MOST // 5] / HASHES


def test_without_a_sample_the_lists_are_all() -> None:
    all_lists = rows([*range(9), *range(9), NO_LIST])
    lists = ListRows(all_lists.number, all_lists.label, all_lists.weight.astype(float))
    sums = ListSums.of(lists, all_lists.group, all_lists.scores, (3,))
    assert (sums.lists, sums.everywhere, sums.outside) == (9, 9.0, 1)
    assert ranking_record(sums, "user", (3,)).counts.share == 1.0
    assert ranking_record(ListSums.nothing(1, (3,)), "user", (3,)).counts.share == 1.0


def test_ten_million_rows_are_ranked_whole() -> None:
    assert MOST_ROWS == 10_000_000
    assert SumLists((3,)).create_accumulator().most == MOST_ROWS // 32
