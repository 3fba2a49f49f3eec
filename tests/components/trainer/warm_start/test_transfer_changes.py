"""What starts fresh where the declaration, the layers or the label are others than those of the old training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from warmstart_scene import (
    CROSSES,
    FEATURES,
    KNOWN,
    OTHER_ITEMS,
    OTHER_USERS,
    USERS,
    Row,
    batch,
    layers,
    logits,
    spec,
    tables,
    trained,
    training,
)

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training.state import Training
from widedeep.components.trainer.warm_start.transfer import warm_start

ALL = {(name, width) for name, width in tables(training())}
HIDDEN = {f"{kind} {number}" for kind in ("kernel", "bias") for number in range(3)}


def changed(key: str, **changes: Any) -> dict[str, Any]:
    return {key: {**FEATURES[key], **changes}}


# (name, the new declaration and options, columns by width that start fresh, hidden layers that do, what is said)
CHANGES: list[tuple[str, FeatureSpec, dict[str, Any], set[tuple[str, int]], set[str], list[str]]] = [
    ("nothing", spec(), {}, set(), set(), []),
    ("the seed", spec(), {"seed": 5}, set(), set(), []),
    ("the precision", spec(), {"deep": {"precision": "bfloat16"}}, set(), set(), []),
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
    (
        "another activation",
        spec(),
        {"deep": {"activation": "tanh"}},
        set(),
        HIDDEN,
        ["the hidden layers start fresh: activation was relu."],
    ),
    (
        "products are new",
        spec(),
        {"deep": {"products": True}},
        set(),
        {"product weights"},
        ["the products start fresh, the old model has none."],
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
            {"key": "liked", "above": 3},
            {"key": "liked", "above": 4},
            "the label was binary 'liked', by label: {key: liked, above: 3.0}: nothing is taken over.",
        ),
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
    ours, other = (made.trainer.predict(batch(made, KNOWN)).numpy() for made in (before, new))
    assert ours.shape == (64, 3)
    np.testing.assert_allclose(other, ours, rtol=0, atol=1e-6)


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
