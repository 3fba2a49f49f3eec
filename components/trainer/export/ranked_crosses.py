"""The crosses of a ranking request: the rows of the wide table that Transform's hashed crosses stand for.

The ids are those of widedeep.components.transform.crosses. Of each value the fingerprint, and what else one value alone
decides, is computed once: a context's value once a request, however many candidates there are. What a pair of values
decides follows for all crosses together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from widedeep.components.features.spec import Cross
from widedeep.components.trainer.model.inputs import share
from widedeep.components.transform.crosses import HASH_KEY

# FarmHash's, of FingerprintCat64.
_MULTIPLIER = 0xC6A4A7935BD1E995
_SHIFT = 47


class CrossValues(NamedTuple):
    """A feature's values as crosses have them, string [requests, 1 or each, any], and which are there, bool."""

    strings: tf.Tensor
    present: tf.Tensor


class RankedRows(NamedTuple):
    """Rows of the wide table, int32 [requests * each, any], and what each counts, float32: 0 of what is no row."""

    rows: tf.Tensor
    shares: tf.Tensor


class _Numbers(NamedTuple):
    """Of values, or of combinations of them: uint64 and bool [requests, 1 or each, width]."""

    numbers: tf.Tensor
    present: tf.Tensor
    width: int | tf.Tensor


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

    def rows(self, sides: Sequence[Mapping[str, CrossValues]], requests: tf.Tensor, each: tf.Tensor) -> RankedRows:
        """The rows, each once, of which each of a cross's m counts 1/sqrt(m).

        Args:
            sides: the values of the context and of the candidates by key.
            requests: int64 scalar.
            each: int64 scalar, the candidates of a request.
        """
        firsts: dict[str, _Numbers] = {}
        others: dict[str, _Numbers] = {}
        context, candidates = sides
        # A context's values are few: what operations cost is their number. Candidates' are many: it costs to move them.
        for keys in ([context] if context else []) + [{key: values} for key, values in candidates.items()]:
            self._know(keys, firsts, others)
        pairs = []
        for cross in self._crosses:
            joined = firsts[cross.keys[0]]
            for key in cross.keys[1:-1]:
                met = _met(joined, others[key])
                joined = met._replace(numbers=_begun(_mixed(met.numbers)))
            pair = _met(joined, others[cross.keys[-1]])
            of_candidates = any(key in candidates for key in cross.keys)
            pairs.append(pair if of_candidates else _spread(pair, requests, each))
        widths = [pair.width for pair in pairs[: self._of_sets]]
        singles = np.arange(self._of_sets, len(pairs), dtype=np.int32)
        column = tf.concat([*(tf.fill([width], index) for index, width in enumerate(widths)), singles], axis=0)
        numbers = tf.concat([pair.numbers for pair in pairs], axis=-1)
        ids = tf.cast(_mixed(numbers) % tf.gather(self._sizes, column), tf.int32)
        present = tf.concat([pair.present for pair in pairs], axis=-1)
        rows = ids + tf.gather(self._offsets, column)
        # tf.where, which takes other shapes too, is several times slower.
        rows = tf.raw_ops.Select(condition=present, x=rows, y=tf.fill(tf.shape(rows), -1))
        rows = tf.reshape(rows, tf.stack([requests * each, tf.size(column, tf.int64)]))
        return _once(rows, widths, len(singles))

    def _know(self, side: Mapping[str, CrossValues], firsts: dict[str, _Numbers], others: dict[str, _Numbers]) -> None:
        """Of a side's values: what each is as a cross's first, and as a later one."""
        strings = tf.concat([values.strings for values in side.values()], axis=-1)
        flat = tf.raw_ops.Fingerprint(data=tf.reshape(strings, [-1]), method="farmhash64")
        prints = tf.reshape(tf.bitcast(flat, tf.uint64), tf.shape(strings))
        # FingerprintCat64 of a first and a second number mixes the second with nothing of the first.
        later = _shifted(prints * _constant(_MULTIPLIER)) * _constant(_MULTIPLIER)
        others.update(_by_key(side, later))
        if self._first & set(side):
            firsts.update(_by_key(side, _begun(_mixed(later ^ _constant(HASH_KEY ^ _MULTIPLIER)))))


def _by_key(side: Mapping[str, CrossValues], numbers: tf.Tensor) -> dict[str, _Numbers]:
    """What stands side by side in the last dimension, apart again."""
    widths = [values.strings.shape[-1] or tf.shape(values.strings)[-1] for values in side.values()]
    parts = tf.split(numbers, widths, axis=-1) if len(side) > 1 else [numbers]
    present = [values.present for values in side.values()]
    return dict(zip(side, map(_Numbers, parts, present, widths), strict=True))


def _met(firsts: _Numbers, seconds: _Numbers) -> _Numbers:
    """Each combination of the two, before it is mixed."""
    width = firsts.width * seconds.width
    if any(isinstance(values.width, int) and values.width == 1 for values in (firsts, seconds)):
        return _Numbers(firsts.numbers ^ seconds.numbers, firsts.present & seconds.present, width)
    return _Numbers(
        _flat(firsts.numbers[..., :, None] ^ seconds.numbers[..., None, :], width),
        _flat(firsts.present[..., :, None] & seconds.present[..., None, :], width),
        width,
    )


def _begun(numbers: tf.Tensor) -> tf.Tensor:
    """Of a combination's first values, what the next meets."""
    return numbers ^ _constant(_MULTIPLIER)


def _mixed(met: tf.Tensor) -> tf.Tensor:
    return _shifted(_shifted(met * _constant(_MULTIPLIER)) * _constant(_MULTIPLIER))


def _shifted(value: tf.Tensor) -> tf.Tensor:
    return value ^ tf.bitwise.right_shift(value, _constant(_SHIFT))


def _constant(number: int) -> tf.Tensor:
    return tf.constant(number, tf.uint64)


def _flat(outer: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """[requests, each, a, b] to [requests, each, a * b]."""
    shape = tf.shape(outer)
    return tf.reshape(outer, tf.stack([shape[0], shape[1], width]))


def _spread(pair: _Numbers, requests: tf.Tensor, each: tf.Tensor) -> _Numbers:
    shape = tf.stack([requests, each, tf.cast(pair.width, tf.int64)])
    return _Numbers(tf.broadcast_to(pair.numbers, shape), tf.broadcast_to(pair.present, shape), pair.width)


def _once(rows: tf.Tensor, widths: list[int | tf.Tensor], singles: int) -> RankedRows:
    """Crosses' rows, each once, from those of each of the first crosses side by side, and then one of each other."""
    if not widths:
        return RankedRows(tf.maximum(rows, 0), tf.cast(rows >= 0, tf.float32))
    *of_crosses, others = tf.split(rows, [*widths, singles], axis=1)
    falling = [tf.math.top_k(of_cross, width).values for of_cross, width in zip(of_crosses, widths, strict=True)]
    rows = tf.concat([*falling, others], axis=1)
    # No row is of two crosses.
    before = tf.pad(rows, [[0, 0], [1, 0]], constant_values=-1)[:, :-1]
    real = tf.cast((rows >= 0) & (rows != before), tf.float32)
    *of_crosses, others = tf.split(real, [*widths, singles], axis=1)
    shares = [of_cross * share("root", tf.reduce_sum(of_cross, axis=1, keepdims=True)) for of_cross in of_crosses]
    return RankedRows(tf.maximum(rows, 0), tf.concat([*shares, others], axis=1))
