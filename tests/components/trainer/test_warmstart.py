"""What a training takes over from an earlier one, row by row: against the rows' meaning, written out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.features.spec import FeatureSpec
from components.trainer.inputs import Batch, from_transformed
from components.trainer.options import TrainingOptions
from components.trainer.state import Training, new_training
from components.trainer.warmstart import warm_start
from components.transform import columns

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
            "features": [{"key": key, "side": "context", "wide": True, **one} for key, one in features.items()],
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
    owners = {columns.vocabulary(one) for one in declared.features if one.transform.vocabulary}
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


def identity(made: Training, column: columns.IdColumn, value: Any) -> int:
    """The id of a feature's value in a training."""
    assert column.feature is not None
    transform = column.feature.transform
    if transform.vocabulary:
        strings = made.vocabularies[columns.vocabulary(column.feature)]
        buckets = column.size - len(strings)
        return strings.index(value) if value in strings else len(strings) + hashed([value], buckets)
    return hashed([value], column.size) if transform.hash else int(value) % column.size


def ids(made: Training, column: columns.IdColumn, row: Row) -> list[int]:
    if column.feature:
        return sorted({identity(made, column, value) for value in row.values[column.feature.key]})
    [cross] = [one for one in made.spec.crosses if one.name == column.name]
    if not all(row.values[key] for key in cross.keys):
        return []
    return [hashed([part for key in cross.keys for part in row.values[key]], column.size)]


def batch(made: Training, examples: list[Row]) -> Batch:
    """The rows as this training's Transform would write them."""
    found = made.layout.id_columns
    transformed = {}
    for name, of_features in ((columns.IDS, True), (columns.CROSSES, False)):
        numbers = [number for number, column in enumerate(found) if bool(column.feature) == of_features]
        packed = [
            [(number << 32) | one for number in numbers for one in ids(made, found[number], row)] for row in examples
        ]
        transformed[name] = tf.ragged.constant(packed, tf.int64, ragged_rank=1).to_sparse()
    keys = [feature.key for feature in made.spec.features if columns.needs_value(feature)]
    dense = [[part for key in keys for part in (row.numbers[key], 0.0)] for row in examples]
    transformed[columns.DENSE] = tf.constant(dense)
    inputs = from_transformed(made.layout, transformed, tf.constant(len(examples), tf.int64))
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
    """By column and width of its weights: weights and slots, float32 [size, width] each."""
    found = {}
    for table, variable, optimizer in zip(
        made.layout.tables, made.trainer.model.tables, made.trainer.tables, strict=True
    ):
        for slot in table.slots:
            parts = {"weights": variable} | optimizer.slots
            here = slice(slot.offset, slot.offset + slot.size)
            found[slot.column, table.width] = {name: part.numpy()[here] for name, part in parts.items()}
    return found


def layers(made: Training) -> dict[str, np.ndarray]:
    """Weights and slots of bias and hidden layers, and moving averages, by a name of their place."""
    trainer, hidden = made.trainer, made.trainer.model.hidden
    named = {"bias": (trainer.model.bias, trainer.bias)}
    found = {}
    if hidden:
        optimizers = iter(trainer.layers)
        for kind, variables in (("kernel", hidden.kernels), ("bias", hidden.biases)):
            named |= {f"{kind} {number}": (one, next(optimizers)) for number, one in enumerate(variables)}
        for number, norm in enumerate(hidden.norms):
            named[f"scale {number}"] = (norm.scale, next(optimizers))
            found |= {f"mean {number}": norm.mean.numpy(), f"variance {number}": norm.variance.numpy()}
    for name, (variable, optimizer) in named.items():
        found[name] = variable.numpy()
        found |= {f"{name} {slot}": values.numpy() for slot, values in optimizer.slots.items()}
    return found


KNOWN = rows(64, 99, [one for one in OTHER_USERS if one in USERS], [one for one in OTHER_ITEMS if one in ITEMS])
KINDS: dict[str, dict[str, Any]] = {
    "adagrad": {},
    "adam": {"deep": {"optimizer": "adam", "learning_rate": 0.01}},
    "batch_norm": {"deep": {"batch_norm": True}},
    "wide": {"model": "wide"},
    "deep": {"model": "deep"},
}


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest) -> tuple[Training, Training, list[str]]:
    """An old training, a new one of a changed vocabulary that was started from it, and what was said."""
    options = KINDS[request.param]
    old = trained(training(**options))
    new = training(users=OTHER_USERS, items=OTHER_ITEMS, **options)
    return old, new, warm_start(new, old)


def test_rows_of_known_values_are_predicted_as_before(pair):
    old, new, _ = pair
    before = logits(old, KNOWN)
    assert before.std() > 0.2
    np.testing.assert_allclose(logits(new, KNOWN), before, rtol=0, atol=1e-6)


def test_rows_of_strings_that_neither_knows_are_predicted_as_before(pair):
    old, new, _ = pair
    unknown = rows(32, 7, [b"xan", b"yul", b"zoe"], [b"yak"])
    np.testing.assert_allclose(logits(new, unknown), logits(old, unknown), rtol=0, atol=1e-6)


def test_rows_of_new_strings_are_as_in_a_model_that_never_saw_another(pair):
    _, new, _ = pair
    fresh = training(new.spec, OTHER_USERS, OTHER_ITEMS, **new.options.model_dump())
    ours, theirs = tables(new), tables(fresh)
    for (column, width), parts in ours.items():
        place = {"user_id": OTHER_USERS.index(b"gus"), "item_id": OTHER_ITEMS.index(b"gnu")}
        place["seen_id"] = place["item_id"]
        if column in place:
            for name, values in parts.items():
                row = place[column]
                assert (values[row] == theirs[column, width][name][row]).all(), (column, name)
                assert (values != theirs[column, width][name]).any(), (column, name)


def test_what_changed_in_the_vocabularies_is_said(pair):
    assert pair[2] == [
        "user: 5 strings are known, 1 start fresh, 1 are gone.",
        "item: 4 strings are known, 1 start fresh, 1 are gone.",
        "seen: 4 strings are known, 1 start fresh, 1 are gone.",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_steps_are_those_of_the_old_trainer(kind):
    """FTRL makes a weight from its slots, and the others divide by theirs: without them a step goes elsewhere."""
    old = trained(training(**KINDS[kind]))
    new = training(users=OTHER_USERS, items=OTHER_ITEMS, **KINDS[kind])
    warm_start(new, old)
    for step in range(3):
        chosen = KNOWN[step * 16 : step * 16 + 16]
        before = logits(old, KNOWN)
        one, other = (made.trainer.step(batch(made, chosen)).numpy() for made in (old, new))
        np.testing.assert_allclose(other, one, rtol=1e-5)
        assert np.abs(logits(old, KNOWN) - before).max() > 1e-3
        np.testing.assert_allclose(logits(new, KNOWN), logits(old, KNOWN), rtol=0, atol=1e-5)
    ours, theirs = tables(new), tables(old)
    for (column, width), parts in ours.items():
        if column not in ("user_id", "item_id", "seen_id"):
            for name, values in parts.items():
                np.testing.assert_allclose(values, theirs[column, width][name], rtol=0, atol=1e-5)


def test_weights_of_the_wide_part_survive_their_first_update():
    old = trained(training())
    new = training(users=OTHER_USERS, items=OTHER_ITEMS)
    warm_start(new, old)
    before = tables(new)["user_id", 1]["weights"]
    assert np.count_nonzero(before) >= 4
    still(new)
    np.testing.assert_allclose(tables(new)["user_id", 1]["weights"], before, rtol=0, atol=1e-6)


def still(made: Training) -> None:
    """A step of all wide weights and the bias with gradients of 0."""
    variable, optimizer = made.trainer.model.wide, made.trainer.tables[0]
    one = tf.constant(1.0)
    optimizer.apply_rows(tf.zeros(variable.shape), tf.range(variable.shape[0]), one)
    made.trainer.bias.apply(tf.zeros(made.trainer.model.bias.shape), one)


@pytest.mark.parametrize(
    "wide", [{"learning_rate": 0.05}, {"learning_rate": 0.8, "l1": 0.1}, {"l1": 5.0}, {"l2": 9.0, "l1": 0.0}]
)
def test_other_rates_and_penalties_leave_the_weights_as_they_are(wide):
    """Until a gradient comes: a row's update must not rescale it, nor bring weights that L1 held at 0."""
    old = trained(training())
    new = training(wide=WIDE | wide)
    assert warm_start(new, old) == []
    weights, bias = new.trainer.model.wide.numpy(), new.trainer.model.bias.numpy()
    assert 0.1 < np.count_nonzero(weights) / weights.size < 0.9
    assert abs(bias[0]) > 0.01
    still(new)
    np.testing.assert_allclose(new.trainer.model.wide.numpy(), weights, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(new.trainer.model.bias.numpy(), bias, rtol=1e-5)
    assert (
        new.trainer.tables[0].slots["accumulator"].numpy() == old.trainer.tables[0].slots["accumulator"].numpy()
    ).all()


def test_another_optimizer_starts_with_slots_of_its_own():
    old = trained(training())
    new = training(deep={"optimizer": "adam", "learning_rate": 0.01})
    assert warm_start(new, old) == ["the optimizer of the deep part was adagrad: its memory of gradients is gone."]
    np.testing.assert_allclose(logits(new, KNOWN), logits(old, KNOWN), rtol=0, atol=1e-6)
    for (column, width), parts in tables(new).items():
        for name in parts.keys() - {"weights", "accumulator", "linear"}:
            assert (parts[name] == 0).all(), (column, width, name)
    assert (layers(new)["kernel 0 uses"] == 0).all()
    assert (tables(new)["user_id", 1]["linear"] == tables(old)["user_id", 1]["linear"]).all()


ALL = {(name, width) for name, width in tables(training())}
HIDDEN = {f"{kind} {number}" for kind in ("kernel", "bias") for number in range(3)}


def changed(key: str, **changes: Any) -> dict[str, Any]:
    return {key: {**FEATURES[key], **changes}}


# (name, the new declaration and options, columns by width that start fresh, hidden layers that do, what is said)
CHANGES: list[tuple[str, FeatureSpec, dict[str, Any], set[tuple[str, int]], set[str], list[str]]] = [
    ("nothing", spec(), {}, set(), set(), []),
    ("the seed", spec(), {"seed": 5}, set(), set(), []),
    (
        "a feature is new",
        spec(new={"kind": "categorical", "transform": {"hash": {"buckets": 4}}, "deep": {"embedding": 4}}),
        {},
        {("new_id", 1), ("new_id", 4)},
        set(),
        ["new: its ids are new, their weights start fresh."],
    ),
    (
        "a feature is gone",
        spec(CROSSES[:1], zip=None),
        {},
        set(),
        set(),
        [
            "zip: its ids are no longer there, their weights are gone.",
            "age_x_zip: its ids are no longer there, their weights are gone.",
        ],
    ),
    (
        "a feature has another name",
        spec(CROSSES[:1], zip=None, post=FEATURES["zip"]),
        {},
        {("post_id", 1), ("post_id", 4)},
        set(),
        [
            "post: its ids are new, their weights start fresh.",
            "zip: its ids are no longer there, their weights are gone.",
            "age_x_zip: its ids are no longer there, their weights are gone.",
        ],
    ),
    (
        "a cross is new, and the crosses have changed places",
        spec([*reversed(CROSSES), {"keys": ["seen", "item"], "buckets": 9}]),
        {},
        {("seen_x_item", 1)},
        set(),
        ["seen_x_item: its ids are new, their weights start fresh."],
    ),
    (
        "a cross has more buckets",
        spec([CROSSES[0], {**CROSSES[1], "buckets": 21}]),
        {},
        {("age_x_zip", 1)},
        set(),
        ["age_x_zip: its ids mean something else than before, their weights start fresh."],
    ),
    (
        "more hash buckets",
        spec(**changed("zip", transform={"hash": {"buckets": 6}})),
        {},
        {("zip_id", 1), ("zip_id", 4)},
        set(),
        ["zip: its ids mean something else than before, their weights start fresh."],
    ),
    (
        "a vocabulary in place of hash buckets",
        spec(**changed("zip", transform={"vocabulary": {"of": "item"}})),
        {},
        {("zip_id", 1), ("zip_id", 4)},
        set(),
        ["zip: its ids mean something else than before, their weights start fresh."],
    ),
    (
        "more quantiles",
        spec(**changed("age", transform={"quantile_cdf": {"quantiles": 5}})),
        {},
        {("age_id", 1), ("age_x_zip", 1)},
        set(),
        [
            "age: its ids mean something else than before, their weights start fresh.",
            "age_x_zip: its ids mean something else than before, their weights start fresh.",
        ],
    ),
    (
        "other boundaries",
        spec(**changed("pay", transform={"log": {}, "buckets": {"boundaries": [0, 8]}})),
        {},
        {("pay_id", 1)},
        set(),
        ["pay: its ids mean something else than before, their weights start fresh."],
    ),
    (
        "another width",
        spec(**changed("item", deep={"embedding": 7})),
        {},
        {("item_id", 7)},
        set(),
        ["item: its weights in the embeddings of 7 (mean) start fresh, the old model has none."],
    ),
    (
        "another pooling",
        spec(**changed("seen", deep={"embedding": 3, "pooling": "sum"})),
        {},
        {("seen_id", 3)},
        set(),
        ["seen: its weights in the embeddings of 3 (sum) start fresh, the old model has none."],
    ),
    (
        "a vocabulary of its own",
        spec(**changed("seen", transform={"vocabulary": {}})),
        {},
        set(),
        set(),
        [],
    ),
    (
        "a number is scaled otherwise",
        spec(**changed("size", transform={"log": {}})),
        {},
        set(),
        set(),
        ["size: its value was scaled by z_score, its weights in the hidden layers start fresh."],
    ),
    (
        "a number is gone, another is new",
        spec(size=None, depth=FEATURES["size"]),
        {},
        set(),
        set(),
        [
            "depth: its value is a new input of the hidden layers, its weights start fresh.",
            "size: its value is no longer an input of the hidden layers, its weights are gone.",
        ],
    ),
    (
        "a layer is wider",
        spec(),
        {"deep": {"hidden": [6, 7]}},
        set(),
        {"kernel 1", "bias 1", "kernel 2", "bias 2"},
        ["hidden was [6, 5]: the layers from number 2 on start fresh."],
    ),
    (
        # The second and third layers have the shapes that they had, of units that are others.
        "the first layer is wider",
        spec(),
        {"deep": {"hidden": [7, 5]}},
        set(),
        HIDDEN,
        ["hidden was [6, 5]: the layers from number 1 on start fresh."],
    ),
    (
        "a layer more",
        spec(),
        {"deep": {"hidden": [6, 5, 4]}},
        set(),
        {"kernel 2", "bias 2", "kernel 3", "bias 3"},
        ["hidden was [6, 5]: the layers from number 3 on start fresh."],
    ),
    (
        "the activations are normalised",
        spec(),
        {"deep": {"batch_norm": True}},
        set(),
        HIDDEN | {f"{kind} {number}" for kind in ("scale", "mean", "variance") for number in range(2)},
        ["the hidden layers start fresh: batch_norm was false."],
    ),
    ("no deep part any more", spec(), {"model": "wide"}, set(), set(), []),
    ("no wide part any more", spec(), {"model": "deep"}, set(), set(), []),
]


@pytest.fixture(scope="module")
def old() -> Training:
    return trained(training())


@pytest.mark.parametrize(
    ("declared", "options", "fresh_columns", "fresh_layers", "said"),
    [c[1:] for c in CHANGES],
    ids=[c[0] for c in CHANGES],
)
def test_what_changed_starts_fresh_and_nothing_else(old, declared, options, fresh_columns, fresh_layers, said):
    new, fresh = training(declared, **options), training(declared, **options)
    assert warm_start(new, old) == said
    ours, theirs, untouched = tables(new), tables(old), tables(fresh)
    for key, parts in ours.items():
        expected = untouched if key in fresh_columns else theirs
        for name, values in parts.items():
            assert (values == expected[key][name]).all(), (key, name)
    assert fresh_columns <= ours.keys()
    ours, theirs, untouched = layers(new), layers(old), layers(fresh)
    assert fresh_layers <= ours.keys()
    for name, values in ours.items():
        place = " ".join(name.split()[:2])
        if place in fresh_layers:
            assert (values == untouched[name]).all(), name
        elif place != "kernel 0":
            assert (values == theirs[name]).all(), name


def without(examples: list[Row], *keys: str) -> list[Row]:
    """The rows, with no value of some features."""
    return [
        Row(
            {key: [] if key in keys else values for key, values in row.values.items()},
            {key: 0.0 if key in keys else value for key, value in row.numbers.items()},
            row.label,
        )
        for row in examples
    ]


@pytest.mark.parametrize(
    ("declared", "absent"),
    [
        (spec().model_copy(update={"features": spec().features[::-1]}), []),
        (spec(post=FEATURES["zip"]), ["post"]),
        (spec(CROSSES[:1], zip=None), ["zip"]),
        (spec(depth=FEATURES["size"]), ["depth"]),
        (spec(size=None), ["size"]),
        (spec(**changed("size", transform={"log": {}})), ["size"]),
        (spec(**changed("seen", deep={"embedding": 4})), ["seen"]),
    ],
    ids=["turned", "ids more", "ids less", "number more", "number less", "number scaled otherwise", "width"],
)
def test_inputs_of_the_hidden_layers_are_found_where_they_have_moved_to(old, declared, absent):
    """Rows without the features that changed are predicted as before, though all inputs have other places."""
    new = training(declared)
    warm_start(new, old)
    examples = [
        Row(row.values | {"post": [b"z1"]}, row.numbers | {"depth": 1.0}, row.label) for row in without(KNOWN, *absent)
    ]
    examples = without(examples, *absent)
    before = logits(old, examples)
    assert np.abs(before - logits(old, KNOWN)).max() > 1e-3 or not absent or absent[0] in ("post", "depth")
    np.testing.assert_allclose(logits(new, examples), before, rtol=0, atol=1e-6)


def test_the_weights_of_a_number_that_is_scaled_otherwise_are_fresh(old):
    declared = spec(**changed("size", transform={"log": {}}))
    new, fresh = training(declared), training(declared)
    warm_start(new, old)
    # The dense columns come last: value and missing flag of age, pay and size.
    kernel, before, untouched = (layers(made)["kernel 0"] for made in (new, old, fresh))
    assert (kernel[-2] == untouched[-2]).all()
    assert (np.delete(kernel, -2, axis=0) == np.delete(before, -2, axis=0)).all()
    assert (layers(new)["kernel 0 accumulator"][-2] == np.float32(0.1)).all()


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (USERS[1:], ["user: 5 strings are known, 0 start fresh, 1 are gone."]),
        ([*USERS, b"gus"], ["user: 6 strings are known, 1 start fresh, 0 are gone."]),
        (USERS[::-1], []),
    ],
)
def test_strings_that_came_or_went_are_counted(old, users, said):
    assert warm_start(training(users=users), old) == said


@pytest.mark.parametrize("buckets", [1, 3])
def test_another_number_of_out_of_vocabulary_buckets(old, buckets):
    vocabulary = {"vocabulary": {"oov_buckets": buckets}}
    declared = spec(**changed("user", transform=vocabulary))
    new, fresh = training(declared, USERS[::-1]), training(declared, USERS[::-1])
    assert warm_start(new, old) == ["user: it had 2 out-of-vocabulary buckets, all start fresh."]
    for width in (1, 4):
        ours, theirs, untouched = (tables(made)["user_id", width]["weights"] for made in (new, old, fresh))
        assert (ours[: len(USERS)] == theirs[: len(USERS)][::-1]).all()
        assert (ours[len(USERS) :] == untouched[len(USERS) :]).all()


@pytest.mark.parametrize(
    ("before", "label", "said"),
    [
        ({"key": "liked"}, {"key": "bought"}, "the label was binary 'liked': nothing is taken over."),
        (
            {"key": "liked", "kind": "regression"},
            {"key": "liked"},
            "the label was regression 'liked': nothing is taken over.",
        ),
        (
            {"key": "liked", "kind": "multiclass", "classes": 3},
            {"key": "liked", "kind": "multiclass", "classes": 4},
            "the label was multiclass 'liked' of 3 classes: nothing is taken over.",
        ),
    ],
)
def test_nothing_is_taken_over_where_the_label_is_another(before, label, said):
    new, fresh = training(spec(label=label)), training(spec(label=label))
    assert warm_start(new, training(spec(label=before), seed=3)) == [said]
    for ours, theirs in (*zip(tables(new).values(), tables(fresh).values(), strict=True), (layers(new), layers(fresh))):
        assert ours.keys() == theirs.keys()
        assert all((values == theirs[name]).all() for name, values in ours.items())


def test_a_multi_class_model_goes_on_too():
    label = {"key": "liked", "kind": "multiclass", "classes": 3}
    before = trained(training(spec(label=label)))
    new = training(spec(label=label), OTHER_USERS, OTHER_ITEMS)
    warm_start(new, before)
    one, other = (made.trainer.predict(batch(made, KNOWN)).numpy() for made in (before, new))
    assert one.shape == (64, 3)
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-6)


def test_a_part_that_the_old_model_lacks_starts_fresh():
    new, fresh = training(), training()
    before = trained(training(model="wide"))
    assert warm_start(new, before) == [
        "item: its weights in the embeddings of 3 (mean) start fresh, the old model has none.",
        "seen: its weights in the embeddings of 3 (mean) start fresh, the old model has none.",
        "user: its weights in the embeddings of 4 (mean) start fresh, the old model has none.",
        "zip: its weights in the embeddings of 4 (mean) start fresh, the old model has none.",
        "the hidden layers start fresh, the old model has none.",
    ]
    ours, theirs, untouched = tables(new), tables(before), tables(fresh)
    for key, parts in ours.items():
        expected = theirs if key[1] == 1 else untouched
        assert all((values == expected[key][name]).all() for name, values in parts.items()), key
    assert (layers(new)["kernel 0"] == layers(fresh)["kernel 0"]).all()
    assert layers(new)["bias"] == layers(before)["bias"] != 0
