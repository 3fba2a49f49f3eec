"""The strongest wide weights of a model in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from widedeep.components.explain.batch import Batch
from widedeep.components.explain.model import Weights, boundaries_of, declaration, sources, strongest
from widedeep.components.explain.sources import Source
from widedeep.components.explain.tally import Tally
from widedeep.components.ingest import files


@dataclass(frozen=True)
class Explained:
    """One wide weight.

    Attributes:
        column: the column of ids, as `columns.ids` or the cross's name has it.
        id: bucket or vocabulary id in the column.
        weight: what it adds to the log-odds of a row (to the prediction, in a regression).
        label: of a label with classes, the one that it speaks for or against most; else None.
        keys: the feature, or the features that are crossed.
        values: of each of them its value: raw, the range of a number's bucket, or in brackets what stands for no
            value. Of hashed ids those most often behind it; empty if the data has none.
        others: how many other values, or combinations, the data has behind the same id.
        share: of the id's uses, those of `values`: 1 where there are no others; None where the data has none.
        support: rows in which the id occurs.
        label_mean: of those rows: the label rate, where labels are 0 and 1; with classes, the share of `label`; None
            where there are none.
    """

    column: str
    id: int
    weight: float
    label: int | None
    keys: tuple[str, ...]
    values: tuple[str, ...]
    others: int
    share: float | None
    support: int
    label_mean: float | None


@dataclass(frozen=True)
class Explanation:
    """The strongest wide weights of a model.

    Attributes:
        label: the label's kind.
        rows: of the data.
        label_mean: of all rows; None of a label with classes.
        found: the weights, the strongest first.
    """

    label: str
    rows: int
    label_mean: float | None
    found: list[Explained]


def explain(
    folder: str,
    paths: Sequence[str],
    file_format: str,
    top: int,
    watch: Callable[[int], None],
    at_most: int | None = None,
) -> Explanation:
    """Names a model's strongest wide weights by the values behind their ids.

    Args:
        folder: a served model.
        paths: files of raw rows like those it was trained on, to find the values in and to count.
        file_format: one of `widedeep.components.ingest.files.FORMATS`.
        top: how many weights.
        watch: is told how many rows have been read, after each batch.
        at_most: rows to read, and those of the batch in which they end; None reads them all.

    Raises:
        ConfigError: the folder holds no model of this pipeline, or one without wide weights.
        DataError: a file can't be used.
    """
    spec = declaration(folder)
    weights = strongest(folder, top)
    boundaries = boundaries_of(folder, spec, set(weights))
    made_by = sources(folder, spec, set(weights), boundaries)
    tallies = {column: Tally(len(wanted.ids), wanted.classes) for column, wanted in weights.items()}
    rows, labels = 0, 0.0
    for records in itertools.chain.from_iterable(files.read(path, file_format, spec) for path in paths):
        batch = Batch(records, spec, boundaries)
        for column, tally in tallies.items():
            tally.add(made_by[column].find(batch, weights[column].ids), batch.label)
        rows, labels = rows + batch.count, labels + float(batch.label.sum())
        watch(rows)
        if at_most is not None and rows >= at_most:
            break
    found = [
        one for column, tally in tallies.items() for one in _explained(column, weights[column], made_by[column], tally)
    ]
    mean = None if spec.label.kind == "multiclass" else labels / rows
    return Explanation(spec.label.kind, rows, mean, sorted(found, key=lambda one: -abs(one.weight)))


def _explained(column: str, weights: Weights, source: Source, tally: Tally) -> Iterator[Explained]:
    known = source.known(weights.ids)
    for number, (id_, weight) in enumerate(zip(weights.ids.tolist(), weights.weights.tolist(), strict=True)):
        values, others, share = ((known[id_],), 0, 1.0) if id_ in known else _most_frequent(tally, number)
        support = int(tally.support[number])
        yield Explained(
            column=column,
            id=id_,
            weight=weight,
            label=None if weights.classes is None else int(weights.classes[number]),
            keys=source.keys,
            values=values,
            others=others,
            share=share,
            support=support,
            label_mean=float(tally.labels[number]) / support if support else None,
        )


def _most_frequent(tally: Tally, number: int) -> tuple[tuple[str, ...], int, float | None]:
    """Of the values behind an id: the most frequent, how many others there are, and its share."""
    seen = tally.values[number]
    if not seen:
        return (), 0, None
    # Of equally frequent ones always the same, in whatever order the files come.
    values, uses = min(seen.items(), key=lambda item: (-item[1], item[0]))
    return tuple(value.decode(errors="replace") for value in values), len(seen) - 1, uses / int(tally.uses[number])
