"""Trainings of few rows, whose weights are read by what they mean."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import trained_inputs

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.training.state import Training, new_training
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform import packed_columns

USERS = [b"ann", b"bob", b"cid", b"dan", b"eve", b"fay"]
ITEMS = [b"ape", b"bee", b"cat", b"doe", b"elk"]
# Of these, "bob" and "bee" are gone, "gus" and "gnu" are new, and nothing is where it was.
OTHER_USERS = [b"gus", b"fay", b"ann", b"eve", b"dan", b"cid"]
OTHER_ITEMS = [b"elk", b"gnu", b"cat", b"ape", b"doe"]
FEATURES: dict[str, dict[str, Any]] = {
    "user": {"kind": "categorical", "transform": {"vocabulary": {"oov_buckets": 2}}, "deep": {"embedding": 4}},
    "item": {"kind": "categorical", "transform": {"vocabulary": {}}, "deep": {"embedding": 3}},
    "seen": {"kind": "set", "transform": {"vocabulary": {"of": "item"}}, "deep": {"embedding": 3}},
    "zip": {"kind": "categorical", "transform": {"hash": {"buckets": 5}}, "deep": {"embedding": 4}},
    "age": {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 4}}, "deep": {}},
    "pay": {"kind": "numeric", "transform": {"log": {}, "buckets": {"boundaries": [0, 9]}}, "deep": {}},
    "size": {"kind": "numeric", "transform": {"z_score": {}}, "wide": False, "deep": {}},
}
CROSSES = [{"keys": ["user", "item"], "buckets": 50}, {"keys": ["age", "zip"], "buckets": 20}]
WIDE = {"learning_rate": 0.2, "l1": 0.4, "l2": 0.1}
DEEP = {"learning_rate": 0.1, "hidden": [6, 5]}


def spec(crosses: list[dict[str, Any]] = CROSSES, label: dict[str, Any] | None = None, **changes: Any) -> FeatureSpec:
    """FEATURES, changed; None leaves one out."""
    features = {key: feature for key, feature in (FEATURES | changes).items() if feature}
    return FeatureSpec.model_validate(
        {
            "label": label or {"key": "liked"},
            "features": [
                {"key": key, "side": "context", "wide": True, **settings} for key, settings in features.items()
            ],
            "crosses": crosses,
        }
    )


def training(
    declared: FeatureSpec | None = None,
    users: list[bytes] = USERS,
    items: list[bytes] = ITEMS,
    **options: Any,
) -> Training:
    settings = {"wide": WIDE, **options, "deep": DEEP | options.get("deep", {})}
    vocabularies = {"user_vocabulary": users, "item_vocabulary": items, "seen_vocabulary": items}
    declared = declared or spec()
    owners = {packed_columns.vocabulary(feature) for feature in declared.features if feature.transform.vocabulary}
    made = TrainingOptions.model_validate(settings)
    return new_training(declared, made, {name: vocabularies[name] for name in sorted(owners)})


@dataclass(frozen=True)
class Row:
    """An example before Transform: strings, or a number's bucket, by feature; the values of numbers; the label."""

    values: dict[str, list[Any]]
    numbers: dict[str, float]
    label: int


def rows(count: int, seed: int, users: list[bytes], items: list[bytes]) -> list[Row]:
    """Users like what is near to them in the alphabet."""
    random = np.random.default_rng(seed)

    def one_of(strings: list[bytes]) -> bytes:
        return strings[int(random.integers(len(strings)))]

    made = []
    for _ in range(count):
        user, item = one_of(users), one_of(items)
        seen = sorted({one_of(items) for _ in range(random.integers(4))})
        values: dict[str, list[Any]] = {"user": [user], "item": [item], "seen": seen}
        values |= {"zip": [b"z%d" % random.integers(9)], "age": [int(random.integers(5))]}
        values |= {"pay": [int(random.integers(4))]}
        numbers = {key: float(random.normal()) for key in ("age", "pay", "size")}
        near = abs(user[0] - item[0]) < 2
        made.append(Row(values, numbers, int(random.random() < (0.9 if near else 0.1))))
    return made


def hashed(parts: list[Any], buckets: int) -> int:
    """Some hash: Transform's is tested elsewhere."""
    return zlib.crc32(b"|".join(part if isinstance(part, bytes) else b"%d" % part for part in parts)) % buckets


def identity(made: Training, column: packed_columns.IdColumn, value: Any) -> int:
    """The id of a feature's value in a training."""
    assert column.feature is not None
    transform = column.feature.transform
    if transform.vocabulary:
        strings = made.vocabularies[packed_columns.vocabulary(column.feature)]
        buckets = column.size - len(strings)
        return strings.index(value) if value in strings else len(strings) + hashed([value], buckets)
    return hashed([value], column.size) if transform.hash else int(value) % column.size


def ids(made: Training, column: packed_columns.IdColumn, row: Row) -> list[int]:
    if column.feature:
        return sorted({identity(made, column, value) for value in row.values[column.feature.key]})
    [cross] = [cross for cross in made.spec.crosses if cross.name == column.name]
    if not all(row.values[key] for key in cross.keys):
        return []
    return [hashed([part for key in cross.keys for part in row.values[key]], column.size)]


def batch(made: Training, examples: list[Row]) -> Batch:
    """The rows as this training's Transform would write them."""
    columns = made.layout.id_columns
    transformed = {}
    for name, of_features in ((packed_columns.IDS, True), (packed_columns.CROSSES, False)):
        numbers = [number for number, column in enumerate(columns) if bool(column.feature) == of_features]
        packed = [
            [(number << 32) | id_ for number in numbers for id_ in ids(made, columns[number], row)] for row in examples
        ]
        transformed[name] = tf.ragged.constant(packed, tf.int64, ragged_rank=1).to_sparse()
    keys = [feature.key for feature in made.spec.features if packed_columns.needs_value(feature)]
    dense = [[part for key in keys for part in (row.numbers[key], 0.0)] for row in examples]
    transformed[packed_columns.DENSE] = tf.constant(dense)
    inputs = trained_inputs.trained(made.layout, transformed, len(examples))
    label = tf.constant([row.label for row in examples], tf.int64)
    return Batch(inputs, label, tf.ones([len(examples)]))


def trained(made: Training) -> Training:
    strings = [made.vocabularies.get(f"{key}_vocabulary", some) for key, some in (("user", USERS), ("item", ITEMS))]
    for step in range(40):
        made.trainer.step(batch(made, rows(16, step, *strings)))
    return made


def logits(made: Training, examples: list[Row]) -> np.ndarray:
    return np.asarray(made.trainer.predict(batch(made, examples)))[:, 0]


def tables(made: Training) -> dict[tuple[str, int], dict[str, np.ndarray]]:
    """By column and width of its weights: weights and slots, and of the wide table FTRL's sums, [size, width] each."""
    values = {}
    for table, variable, optimizer in zip(
        made.layout.tables, made.trainer.model.tables, made.trainer.tables, strict=True
    ):
        for slot in table.slots:
            parts = {name: part.numpy() for name, part in ({"weights": variable} | optimizer.slots).items()}
            parts |= {"sums": optimizer.sums()} if isinstance(optimizer, FtrlTable) else {}
            here = slice(slot.offset, slot.offset + slot.size)
            values[slot.column, table.width] = {name: part[here] for name, part in parts.items()}
    return values


def layers(made: Training) -> dict[str, np.ndarray]:
    """Weights and slots of bias, hidden layers and products, and moving averages, by a name of their place."""
    trainer, hidden = made.trainer, made.trainer.model.hidden
    named = {"bias": (trainer.model.bias, trainer.bias)}
    state = {}
    if hidden:
        optimizers = iter(trainer.layers)
        for kind, variables in (("kernel", hidden.kernels), ("bias", hidden.biases)):
            named |= {f"{kind} {number}": (kernel, next(optimizers)) for number, kernel in enumerate(variables)}
        for number, norm in enumerate(hidden.norms):
            named[f"scale {number}"] = (norm.scale, next(optimizers))
            state |= {f"mean {number}": norm.mean.numpy(), f"variance {number}": norm.variance.numpy()}
        if hidden.products:
            named["product weights"] = (hidden.products.weights, next(optimizers))
    for name, (variable, optimizer) in named.items():
        state[name] = variable.numpy()
        state |= {f"{name} {slot}": values.numpy() for slot, values in optimizer.slots.items()}
    return state


KNOWN = rows(64, 99, [user for user in OTHER_USERS if user in USERS], [user for user in OTHER_ITEMS if user in ITEMS])
