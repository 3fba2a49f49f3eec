"""Gradient-boosted trees on the transformed features, to compare with: LightGBM, where it is installed."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow_transform as tft
from scipy import sparse

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.heads import Quality, head
from widedeep.components.trainer.model.layout import Layout, Slot, make_layout
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.reading.uses import rows_of
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.transform.auto_buckets import auto_columns, with_sizes

_OBJECTIVES = {"binary": "binary", "regression": "regression", "multiclass": "multiclass"}
# LightGBM's defaults, but for the number of trees, which is chosen on eval: so many more without gain end it.
_MOST_TREES, _PATIENCE = 5000, 20


class Trees(NamedTuple):
    """What trees came to: their metrics on the test split, and leaves, examples and seconds of the training."""

    quality: Quality
    leaves: int
    examples: int
    seconds: float


def check_installed() -> None:
    """Raises ConfigError where there is no LightGBM."""
    if importlib.util.find_spec("lightgbm") is None:
        raise ConfigError("LightGBM is not installed here, and nothing else needs it: pip install lightgbm")


def boosted_trees(
    train_files: Sequence[str],
    eval_files: Sequence[str],
    test_files: Sequence[str],
    transform_output: tft.TFTransformOutput,
    spec: FeatureSpec,
    seed: int,
) -> Trees:
    """Trains them on all features, without the crosses, which trees find themselves. All examples are in memory.

    An id is a category; a set's ids are a column of 0 and 1 each.

    Args:
        train_files: patterns of transformed examples to learn from.
        eval_files: the same, to choose the number of trees by.
        test_files: the same, to measure on.
        transform_output: what Transform learned.
        spec: the declaration that Transform used.
        seed: of LightGBM.
    """
    import lightgbm

    label = head(spec.label)
    sizes = {name: len(strings) for name, strings in vocabularies(spec, transform_output).items()}
    sized = with_sizes(spec, transform_output, None)
    layout = make_layout(sized, sizes, "wide_deep", label.outputs, auto_columns(spec))
    train, watched, test = (Rows.of(files, sized, layout) for files in (train_files, eval_files, test_files))
    parameters: dict[str, Any] = {"objective": _OBJECTIVES[spec.label.kind], "seed": seed, "verbosity": -1}
    if label.outputs > 1:
        parameters["num_class"] = label.outputs
    started = time.monotonic()
    data = lightgbm.Dataset(train.values, train.label, weight=train.weight, categorical_feature=_categories(layout))
    booster = lightgbm.train(
        parameters,
        data,
        _MOST_TREES,
        valid_sets=[lightgbm.Dataset(watched.values, watched.label, weight=watched.weight, reference=data)],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    seconds = time.monotonic() - started
    logit = np.asarray(booster.predict(test.values, raw_score=True)).reshape(-1, label.outputs)
    kept = booster.dump_model(num_iteration=booster.best_iteration)["tree_info"]
    quality = label.quality(test.label, logit, test.weight)
    return Trees(quality, sum(tree["num_leaves"] for tree in kept), train.label.size, seconds)


class Rows(NamedTuple):
    """Values [n, columns], label [n] and weight [n] of a split."""

    values: sparse.csr_matrix
    label: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, files: Sequence[str], spec: FeatureSpec, layout: Layout) -> Rows:
        """Reads them."""
        parts = [
            cls(_matrix(block, layout), block.label.numpy(), block.weight.numpy())
            for block in SplitExamples(files, spec, layout).blocks()
        ]
        values, *others = zip(*parts, strict=True)
        return cls(sparse.vstack(values, "csr"), *map(np.concatenate, others))


def _features(layout: Layout) -> Iterator[tuple[int, Slot]]:
    """Each feature with ids once: the number of a table that has them, and their place there."""
    seen = {column.name for column in layout.id_columns if column.feature is None}
    for number, table in enumerate(layout.tables):
        for slot in table.slots:
            if slot.column not in seen:
                seen.add(slot.column)
                yield number, slot


def _is_set(layout: Layout, slot: Slot) -> bool:
    return layout.id_columns[slot.index].has_sets


def _categories(layout: Layout) -> list[int]:
    """The places of the columns of `_matrix` that are ids."""
    return list(range(sum(not _is_set(layout, slot) for _, slot in _features(layout))))


def _matrix(block: Block, layout: Layout) -> sparse.csr_matrix:
    """A column for each feature of one id; then one for each number, and for each id of a set."""
    examples = np.arange(block.examples)
    uses = [
        (np.repeat(examples, np.diff(table.splits.numpy())), rows_of(table.values.numpy())) for table in block.tables
    ]
    of_ids, of_sets = [], []
    for number, slot in _features(layout):
        example, row = uses[number]
        own = (row >= slot.offset) & (row < slot.offset + slot.size)
        example, ids = example[own], row[own] - slot.offset
        if _is_set(layout, slot):
            ones = np.ones(ids.size, np.float32)
            of_sets.append(sparse.csr_matrix((ones, (example, ids)), (block.examples, slot.size)))
        else:
            column = np.full(block.examples, np.nan, np.float32)
            column[example] = ids
            of_ids.append(column[:, None])
    return sparse.hstack([*map(sparse.csr_matrix, of_ids), sparse.csr_matrix(block.dense.numpy()), *of_sets], "csr")
