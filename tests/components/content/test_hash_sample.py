"""Samples by hash: against sorting everything, in whatever parts it comes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widedeep.components.content.hash_sample import ALL, HashSample, hashes_of

SIZE = 4
things = st.lists(st.integers(0, 15).map(lambda number: b"%d" % number), max_size=40)


def sample(contents: list[bytes]) -> HashSample:
    made = HashSample(SIZE)
    hashes = hashes_of(contents)
    for place, content in enumerate(contents):
        made.add(hashes[place : place + 1], np.array([1]), [content])
    return made


def test_a_hash_is_farmhash_below_two_to_the_52() -> None:
    # The product hashes features by the same function, whose values TensorFlow promises to keep.
    fingerprint = int.from_bytes(tf.fingerprint([b"24"], method="farmhash64").numpy()[0].tobytes(), "little")
    assert hashes_of([b"24"]).tolist() == [fingerprint % 2**52]
    assert hashes_of([]).tolist() == []


# What a part has lost the whole must not claim to hold.
@example([[b"%d" % number for number in range(9)], [b"0"]])
@settings(max_examples=40)
@given(st.lists(things, min_size=1, max_size=4))
def test_parts_in_any_order_are_as_sorting_it_all(parts: list[list[bytes]]) -> None:
    counts = Counter(content for part in parts for content in part)
    by_hash = sorted(zip(hashes_of(list(counts)).tolist(), counts, strict=True))
    limit = by_hash[SIZE][0] if len(by_hash) > SIZE else ALL
    expected = {hashed: counts[content] for hashed, content in by_hash[:SIZE]}
    for order in (parts, parts[::-1]):
        whole = HashSample(SIZE)
        for part in order:
            whole.merge(sample(part))
        whole.cut()
        assert (whole.limit, whole.counts) == (limit, expected)
        assert whole.contents == dict(by_hash[:SIZE])
