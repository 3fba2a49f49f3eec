"""What pairs of columns tell of the label beyond all columns alone.

All columns alone are a logistic regression over their values: the wide part without crosses. Each half of the rows is
scored by the regression of the other half. A pair then gets a step for each of its combinations, by one half's
residuals, and the fall of the other half's log loss is its gain.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from widedeep.pipeline.drafting.gains.agreement import agreement
from widedeep.pipeline.drafting.gains.folds import Half
from widedeep.pipeline.drafting.gains.loss_falls import LossFalls
from widedeep.pipeline.drafting.reading.columns import Codes, Floats

_ROWS = 50_000
MOST_COLUMNS = 24
_MEMBERS = 20
# Of a gain its standard errors, and its share of the loss: what is less is noise, or not worth a table.
_ERRORS, _SHARE = 3.0, 5e-4
# The same of a column on trial, of which there are few.
_TRIAL_ERRORS = 2.0


@dataclass(frozen=True)
class PairGain:
    """A pair of columns.

    Attributes:
        keys: the two.
        gain: fall of the mean loss, as a share of it.
        combinations: how many different ones the sample holds.
        once: how many of them it holds once.
        agreement: see `agreement`; 0 of a label that is a number.
    """

    keys: tuple[str, str]
    gain: float
    combinations: int
    once: int
    agreement: float = 0.0


@dataclass(frozen=True)
class Gains:
    """What columns tell beyond each other.

    Attributes:
        pairs: those that gain most, each beyond those before it.
        silent: of the columns that were on trial those that tell nothing, alone or in a pair.
    """

    pairs: list[PairGain]
    silent: frozenset[str] = frozenset()


def best_pairs(
    columns: Mapping[str, Codes],
    label: Floats,
    half: Half,
    binary: bool,
    most: int,
    ranked: Sequence[str],
    on_trial: Collection[str] = (),
) -> Gains:
    """The pairs that gain most, and what no pair needs.

    Args:
        columns: by key, of the same rows.
        label: 0 or 1, or any number.
        half: the rows that the others are measured by, and the reverse.
        binary: whether the label is 0 or 1.
        most: how many pairs at most.
        ranked: the keys, those that say most alone first.
        on_trial: keys of columns that must tell something beyond all others to be of use.
    """
    order = list(columns)
    keys = [key for key in ranked if columns[key].size > 1][:MOST_COLUMNS]
    if len(label) > _ROWS:
        kept = np.random.default_rng(3).permutation(len(label)) < _ROWS
        columns = {key: columns[key].take(kept) for key in keys}
        label, half = label[kept], half[kept]
    sure = [key for key in keys if key not in on_trial]
    if len(keys) < 2 or not sure or not _both(label, half, binary):
        return Gains([])

    def beyond(known: Sequence[str]) -> LossFalls:
        scores = _scores({key: columns[key] for key in known}, label, half, binary)
        return LossFalls(label, half, binary, scores)

    measure = beyond(sure)
    tried = {key: measure.gain(columns[key]) for key in keys if key not in sure}
    telling = [key for key, (gain, error) in tried.items() if gain > _TRIAL_ERRORS * error]
    if telling:
        sure += telling
        measure = beyond(sure)
    for key in sure:
        # What the regression's penalty has left of a column is no pair's merit.
        if measure.gain(columns[key])[0] > 0:
            measure.add(columns[key])
    silent = set(on_trial) - set(telling)
    codes_of = {pair: _cells(columns[pair[0]], columns[pair[1]]) for pair in itertools.combinations(keys, 2)}
    cells = {pair: codes for pair, codes in codes_of.items() if codes is not None}
    gains = {pair: measure.gain(codes) for pair, codes in cells.items()}
    for pair, (gain, error) in gains.items():
        if gain > _ERRORS * error and gain >= _SHARE * measure.loss:
            silent -= set(pair)
    chosen: list[PairGain] = []
    while gains and len(chosen) < most:
        # Gains only fall as pairs are added: the first whose gain is as it was is the best.
        for pair in sorted(gains, key=lambda pair: -gains[pair][0])[:20]:
            gains[pair] = measure.gain(cells[pair])
        best = max(gains, key=lambda pair: gains[pair][0])
        gain, error = gains.pop(best)
        if gain <= _ERRORS * error or gain < _SHARE * measure.loss:
            break
        codes = cells[best]
        counts = np.bincount(codes.codes)
        keyed = (best[0], best[1]) if order.index(best[0]) < order.index(best[1]) else (best[1], best[0])
        agreed = agreement(codes, label) if binary else 0.0
        used, once = int((counts > 0).sum()), int((counts == 1).sum())
        chosen.append(PairGain(keyed, gain / measure.loss, used, once, agreed))
        measure.add(codes)
    return Gains(chosen, frozenset(silent))


def _both(label: Floats, half: Half, binary: bool) -> bool:
    parts = [label[half], label[~half]]
    return all(len(part) > 1 and (not binary or 0 < part.sum() < len(part)) for part in parts)


def _cells(first: Codes, second: Codes) -> Codes | None:
    """Which combinations rows have; None where one column follows from the other."""
    if first.single:
        rows, joined = second.rows, first.codes[second.rows] * second.size + second.codes
    elif second.single:
        rows, joined = first.rows, first.codes * second.size + second.codes[first.rows]
    else:
        rows, joined = _products(first, second)
    values, codes = np.unique(joined, return_inverse=True)
    if not len(values) or len(values) <= 1.05 * max(_used(first), _used(second)):
        return None
    return Codes(rows, codes.astype(np.int64), len(values), first.length)


def _used(codes: Codes) -> int:
    return int((np.bincount(codes.codes) > 0).sum()) if len(codes.codes) else 0


def _products(first: Codes, second: Codes) -> tuple[np.ndarray, np.ndarray]:
    starts = np.searchsorted(second.rows, np.arange(second.length + 1))
    lengths = np.minimum(np.diff(starts), _MEMBERS)
    repeats = lengths[first.rows]
    rows = np.repeat(first.rows, repeats)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    joined = np.repeat(first.codes, repeats) * second.size + second.codes[starts[rows] + within]
    return rows, joined


def _scores(columns: Mapping[str, Codes], label: Floats, half: Half, binary: bool) -> Floats:
    matrix = sparse.hstack(list(_indicators(columns.values()))).tocsr()
    scores = np.zeros(len(label))
    for learned in (half, ~half):
        if binary:
            model = LogisticRegression(max_iter=60, tol=1e-3)
            scores[~learned] = model.fit(matrix[learned], label[learned]).decision_function(matrix[~learned])
        else:
            scores[~learned] = Ridge(solver="lsqr").fit(matrix[learned], label[learned]).predict(matrix[~learned])
    return scores


def _indicators(columns: Iterable[Codes]) -> Iterator[sparse.csr_matrix]:
    for codes in columns:
        ones = np.ones(len(codes.rows))
        yield sparse.csr_matrix((ones, (codes.rows, codes.codes)), shape=(codes.length, codes.size))
