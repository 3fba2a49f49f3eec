"""The crosses of a ranking request: the rows of the wide table that Transform's hashed crosses stand for.

The ids are those of widedeep.components.transform.crosses. Of each value the fingerprint, and what else one value alone
decides, is computed once: a context's value once a request, however many candidates there are. What a pair of values
decides follows for all crosses together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import tensorflow as tf

from widedeep.components.features.spec import Cross
from widedeep.components.trainer.model.inputs import root_share
from widedeep.components.transform.crosses import HASH_KEY

# FarmHash's, of FingerprintCat64.
_MULTIPLIER = 0xC6A4A7935BD1E995
_SHIFT = 47


class _Values(NamedTuple):
    """What is known of values, or of combinations of them, with gaps: uint64 and bool [requests, 1 or each, any]."""

    numbers: tf.Tensor
    present: tf.Tensor


class RankedRows(NamedTuple):
    """Rows of the wide table, int32 [requests, each, any] with -1 in gaps, and what each counts, float32, 0 in gaps."""

    rows: tf.Tensor
    shares: tf.Tensor


class RankedCrosses:
    """Rows of the wide table that crosses of two sides stand for."""

    def __init__(self, crosses: Sequence[Cross], offsets: Mapping[str, int], sets: AbstractSet[str]) -> None:
        """Takes them.

        Args:
            crosses: of the declaration.
            offsets: the wide table's first row of each cross, by its name.
            sets: keys of which a row may have many values.
        """
        # Those of which a row has one combination stand last, side by side.
        self._crosses = sorted(crosses, key=lambda cross: sets.isdisjoint(cross.keys))
        self._of_sets = sum(not sets.isdisjoint(cross.keys) for cross in crosses)
        self._offsets = tf.constant([offsets[cross.name] for cross in self._crosses], tf.int32)
        self._sizes = tf.constant([cross.size for cross in self._crosses], tf.uint64)
        self._first = {cross.keys[0] for cross in crosses}

    def rows(self, sides: Sequence[Mapping[str, tf.Tensor]], requests: tf.Tensor, each: tf.Tensor) -> RankedRows:
        """The rows, each once, of which each of a cross's m counts 1/sqrt(m).

        Args:
            sides: the values of the context and of the candidates by key, string [requests, 1 or each, any], in which
                "" is none.
            requests: int64 scalar.
            each: int64 scalar, the candidates of a request.
        """
        firsts: dict[str, _Values] = {}
        others: dict[str, _Values] = {}
        for side in sides:
            if side:
                self._know(side, firsts, others)
        pairs = []
        leading = tf.stack([requests, each])
        for cross in self._crosses:
            joined = firsts[cross.keys[0]]
            for key in cross.keys[1:-1]:
                met = _met(joined, others[key])
                joined = _Values(_mixed(met.numbers), met.present)
            pair = _met(joined, others[cross.keys[-1]])
            of_candidates = any(key in sides[1] for key in cross.keys)
            pairs.append(pair if of_candidates else _Values(*(_spread(part, leading) for part in pair)))
        numbers, present = (tf.concat(parts, axis=-1) for parts in zip(*pairs, strict=True))
        column = tf.concat([_repeated(index, pair.numbers) for index, pair in enumerate(pairs)], axis=0)
        ids = tf.cast(_mixed(numbers) % tf.gather(self._sizes, column), tf.int32)
        rows = tf.where(present, ids + tf.gather(self._offsets, column), -1)
        widths = [pair.numbers.shape[-1] or tf.shape(pair.numbers)[-1] for pair in pairs[: self._of_sets]]
        *of_sets, rest = tf.split(rows, [*widths, -1], axis=-1)
        once = [_once(of_cross) for of_cross in of_sets]
        shares = [_share(of_cross) for of_cross in once]
        return RankedRows(
            tf.concat([*once, rest], axis=-1), tf.concat([*shares, tf.cast(rest >= 0, tf.float32)], axis=-1)
        )

    def _know(self, side: Mapping[str, tf.Tensor], firsts: dict[str, _Values], others: dict[str, _Values]) -> None:
        """Of a side's values: what each is as a cross's first, and as a later one."""
        strings = tf.concat(list(side.values()), axis=-1)
        flat = tf.raw_ops.Fingerprint(data=tf.reshape(strings, [-1]), method="farmhash64")
        prints = tf.reshape(tf.bitcast(flat, tf.uint64), tf.shape(strings))
        # FingerprintCat64 of a first and a second number mixes the second with nothing of the first.
        later = _shifted(prints * _constant(_MULTIPLIER)) * _constant(_MULTIPLIER)
        present = strings != ""
        others.update(_by_key(side, _Values(later, present)))
        if self._first & set(side):
            firsts.update(_by_key(side, _Values(_mixed(later ^ _constant(HASH_KEY ^ _MULTIPLIER)), present)))


def _by_key(side: Mapping[str, tf.Tensor], values: _Values) -> dict[str, _Values]:
    """What stands side by side in the last dimension, apart again."""
    widths = [one.shape[-1] or tf.shape(one)[-1] for one in side.values()]
    parts = [tf.split(part, widths, axis=-1) for part in values]
    for part in parts:
        for own, one in zip(part, side.values(), strict=True):
            own.set_shape(one.shape)
    return dict(zip(side, map(_Values, *parts), strict=True))


def _met(firsts: _Values, seconds: _Values) -> _Values:
    """Each combination of the two, before it is mixed."""
    left, right = firsts.numbers ^ _constant(_MULTIPLIER), seconds.numbers
    if 1 in (left.shape[-1], right.shape[-1]):
        return _Values(left ^ right, firsts.present & seconds.present)
    return _Values(
        _flat(left[..., :, None] ^ right[..., None, :]),
        _flat(firsts.present[..., :, None] & seconds.present[..., None, :]),
    )


def _mixed(met: tf.Tensor) -> tf.Tensor:
    return _shifted(_shifted(met * _constant(_MULTIPLIER)) * _constant(_MULTIPLIER))


def _shifted(value: tf.Tensor) -> tf.Tensor:
    return value ^ tf.bitwise.right_shift(value, _constant(_SHIFT))


def _constant(number: int) -> tf.Tensor:
    return tf.constant(number, tf.uint64)


def _flat(outer: tf.Tensor) -> tf.Tensor:
    """[requests, each, a, b] to [requests, each, a * b]."""
    shape = tf.shape(outer)
    return tf.reshape(outer, tf.stack([shape[0], shape[1], shape[2] * shape[3]]))


def _spread(part: tf.Tensor, leading: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(part, tf.concat([leading, tf.shape(part, tf.int64)[-1:]], axis=0))


def _repeated(index: int, numbers: tf.Tensor) -> tf.Tensor:
    width = numbers.shape[-1]
    return tf.fill([width] if width else tf.shape(numbers)[-1:], index)


def _once(rows: tf.Tensor) -> tf.Tensor:
    """Each of the last dimension's rows once, falling."""
    falling = tf.math.top_k(rows, tf.shape(rows)[-1]).values
    again = tf.concat([tf.zeros_like(rows[..., :1], tf.bool), falling[..., 1:] == falling[..., :-1]], axis=-1)
    return tf.where(again, -1, falling)


def _share(rows: tf.Tensor) -> tf.Tensor:
    """What each of a cross's rows counts: 1/sqrt(m) of m."""
    real = tf.cast(rows >= 0, tf.float32)
    return real * root_share(tf.reduce_sum(real, axis=-1, keepdims=True))
