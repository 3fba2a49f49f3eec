"""The strongest wide weights of a model in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from widedeep.components.explain.batch import Batch
from widedeep.components.explain.counts import IdCounts
from widedeep.components.explain.sources import Source
from widedeep.components.explain.wide_part import Weights, boundaries_of, sources, strongest_weights
from widedeep.components.features.model_files import declaration
from widedeep.components.ingest import raw_files


@dataclass(frozen=True)
class WeightExplanation:
    """One wide weight.

    Attributes:
        column: the column of ids: FEATURE_id, or the name of the cross.
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
        weights: each of them, the strongest first.
    """

    label: str
    rows: int
    label_mean: float | None
    weights: list[WeightExplanation]


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
        file_format: one of `widedeep.components.ingest.raw_files.FORMATS`, or EXAMPLES.
        top: how many weights.
        watch: is told how many rows have been read, after each batch.
        at_most: rows to read, and those of the batch in which they end; None reads them all.

    Raises:
        ConfigError: the folder holds no model of this pipeline, or one without wide weights.
        DataError: a file can't be used.
    """
    spec = declaration(folder)
    weights = strongest_weights(folder, top)
    boundaries = boundaries_of(folder, spec, set(weights))
    id_sources = sources(folder, spec, set(weights), boundaries)
    counts_by_column = {column: IdCounts(len(part.ids), part.classes) for column, part in weights.items()}
    rows, labels = 0, 0.0
    for records in itertools.chain.from_iterable(raw_files.read(path, file_format, spec) for path in paths):
        batch = Batch(records, spec, boundaries)
        for column, counts in counts_by_column.items():
            counts.add(id_sources[column].occurrences(batch, weights[column].ids), batch.label)
        rows, labels = rows + batch.count, labels + float(batch.label.sum())
        watch(rows)
        if at_most is not None and rows >= at_most:
            break
    explanations = [
        explanation
        for column, counts in counts_by_column.items()
        for explanation in _explanations(column, weights[column], id_sources[column], counts)
    ]
    mean = None if spec.label.kind == "multiclass" else labels / rows
    return Explanation(
        spec.label.kind, rows, mean, sorted(explanations, key=lambda explanation: -abs(explanation.weight))
    )


def _explanations(column: str, weights: Weights, source: Source, counts: IdCounts) -> Iterator[WeightExplanation]:
    fixed_names = source.fixed_names(weights.ids)
    for number, (id_, weight) in enumerate(zip(weights.ids.tolist(), weights.weights.tolist(), strict=True)):
        values, others, share = ((fixed_names[id_],), 0, 1.0) if id_ in fixed_names else _most_frequent(counts, number)
        support = int(counts.support[number])
        yield WeightExplanation(
            column=column,
            id=id_,
            weight=weight,
            label=None if weights.classes is None else int(weights.classes[number]),
            keys=source.keys,
            values=values,
            others=others,
            share=share,
            support=support,
            label_mean=float(counts.labels[number]) / support if support else None,
        )


def _most_frequent(counts: IdCounts, number: int) -> tuple[tuple[str, ...], int, float | None]:
    """Of the values behind an id: the most frequent, how many others there are, and its share."""
    counter = counts.values[number]
    if not counter:
        return (), 0, None
    # Of equally frequent ones always the same, in whatever order the files come.
    values, uses = min(counter.items(), key=lambda item: (-item[1], item[0]))
    return tuple(value.decode(errors="replace") for value in values), len(counter) - 1, uses / int(counts.uses[number])
