"""Every signature of an exported model gives the same scores, with any features missing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from drawn_weights import assign
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.model import inputs
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform.preprocessing import preprocessing_fn

WORDS = ["a", "b", "c", "d", "é"]


def _feature(key: str, kind: str, side: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": side, "transform": transform, **roles}


_QUANTILES = {"quantile_cdf": {"quantiles": 4}}
# Of each side a word, a set and a number; crosses within a side and of both, of sets and of numbers that nothing else
# reads, few buckets so that combinations meet.
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            _feature("item", "categorical", "candidate", {"vocabulary": {}}, required=True, deep={"embedding": 3}),
            _feature("user", "categorical", "context", {"hash": {"buckets": 5}}, wide=True, deep={"embedding": 3}),
            _feature("seen", "set", "context", {"vocabulary": {"of": "item"}}, wide=True, deep={"embedding": 2}),
            _feature("age", "numeric", "context", _QUANTILES),
            _feature("hour", "numeric", "context", {"z_score": {}}, deep={}),
            _feature(
                "tags", "set", "candidate", {"hash": {"buckets": "auto"}}, deep={"embedding": 3, "pooling": "sum"}
            ),
            _feature("price", "numeric", "candidate", {"buckets": {"boundaries": [1.0, 5.0]}}, wide=True),
            _feature("year", "numeric", "candidate", _QUANTILES, deep={}),
            {
                "key": "at",
                "kind": "time",
                "side": "context",
                "unit": "ms",
                "zone": "Europe/Berlin",
                "wide": True,
                "deep": {"embedding": 2},
                "parts": {"hour": {}, "weekday": {}, "age": {"since": "out", "transform": _QUANTILES, "deep": {}}},
            },
            {"key": "out", "kind": "time", "side": "candidate", "wide": True, "parts": ["month"]},
        ],
        "crosses": [
            {"keys": ["seen", "item"], "buckets": "auto"},
            {"keys": ["price", "user"], "buckets": 30},
            {"keys": ["tags", "age", "seen"], "buckets": 40},
            {"keys": ["user", "age"], "buckets": 20},
            {"keys": ["tags", "year"], "buckets": 20},
            {"keys": ["at_weekday", "item"], "buckets": 20},
            {"keys": ["at_age", "user"], "buckets": 20},
        ],
    }
)
# Less of it, where the models are many: of each side a word, a set and a number, and a cross of both.
FEWER = SPEC.model_copy(
    update={
        "features": tuple(SPEC.by_key[key] for key in ("item", "user", "seen", "hour", "tags", "price")),
        "crosses": tuple(cross for cross in SPEC.crosses if {*cross.keys} in ({"seen", "item"}, {"price", "user"})),
    }
)
# The least, where only the label matters: one of each side.
LEAST = SPEC.model_copy(update={"features": tuple(SPEC.by_key[key] for key in ("item", "user")), "crosses": ()})
CONTEXT = [feature for feature in SPEC.features if feature.side == "context"]
CANDIDATE = [feature for feature in SPEC.features if feature.side == "candidate"]
Row = dict[str, Any]


def _rows(count: int) -> list[Row]:
    random = np.random.default_rng(3)
    word = partial(random.choice, WORDS)
    return [
        {
            "item": [word()],
            "user": [word()],
            "seen": [word() for _ in range(3)],
            "tags": [word() for _ in range(2)],
            "age": [float(random.integers(18, 80))],
            "hour": [float(random.integers(24))],
            "price": [float(random.integers(9))],
            "year": [float(random.integers(1990, 2020))],
            "at": [float(random.integers(1_700_000_000_000, 1_710_000_000_000))],
            "out": [float(random.integers(1_600_000_000, 1_700_000_000))],
        }
        for _ in range(count)
    ]


def halved(row: Row) -> Row:
    """Times as examples have them: in 32 bits, and what is left in 32 more."""
    halves = dict(row)
    for feature in SPEC.features:
        if feature.rest and feature.key in row:
            narrow = np.array(row[feature.key], np.float32)
            halves[feature.key] = narrow.tolist()
            halves[feature.rest] = (np.array(row[feature.key]) - narrow).astype(np.float32).tolist()
    return halves


def example(row: Row) -> bytes:
    built = tf.train.Example()
    for key, values in halved(row).items():
        if key not in SPEC.by_key or SPEC.by_key[key].is_number:
            built.features.feature[key].float_list.value.extend(values)
        else:
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in values)
    return built.SerializeToString()


def analysed(folder: Path, label: tf.DType, spec: FeatureSpec) -> tft.TFTransformOutput:
    types = {"numeric": tf.float32, "time": tf.float32, "set": tf.string, "categorical": tf.string}
    parsing = {feature.key: tf.io.VarLenFeature(types[feature.kind]) for feature in spec.features}
    parsing |= {feature.rest: tf.io.VarLenFeature(tf.float32) for feature in spec.features if feature.rest}
    parsing["y"] = tf.io.VarLenFeature(label)
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(parsing))
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(spec)})
    with tft_beam.Context(temp_dir=str(folder / "tmp")):
        rows = [{key: halved(row).get(key, [1]) for key in parsing} for row in _rows(60)]
        transform_fn = (rows, metadata) | tft_beam.AnalyzeDataset(apply)
        transform_fn | tft_beam.WriteTransformFn(str(folder / "graph"))
    return tft.TFTransformOutput(str(folder / "graph"))


def exported(
    folder: Path,
    graph: tft.TFTransformOutput,
    spec: FeatureSpec = SPEC,
    variant: str = "wide_deep",
    products: bool = False,
) -> str:
    """A model of random weights."""
    deep = {"hidden": [32, 16], "batch_norm": True, "products": products}
    options = TrainingOptions.model_validate({"model": variant, "deep": deep})
    estimator = WideDeepEstimator(spec, graph, options)
    model = estimator._training.trainer.model
    random = np.random.default_rng(5)
    assign(
        model,
        lambda variable: (
            np.abs(random.normal(size=variable.shape))
            if "variance" in variable.name
            else random.normal(0, 0.4, size=variable.shape)
        ),
    )
    estimator.export(str(folder / "model"))
    return str(folder / "model")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tft.TFTransformOutput:
    return analysed(tmp_path_factory.mktemp("transform"), tf.int64, SPEC)


@pytest.fixture(scope="module")
def fewer(tmp_path_factory: pytest.TempPathFactory) -> tft.TFTransformOutput:
    """Of fewer features, whose label is a class."""
    return analysed(tmp_path_factory.mktemp("fewer"), tf.int64, FEWER)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, graph: tft.TFTransformOutput) -> str:
    return exported(tmp_path_factory.mktemp("signatures"), graph)


@pytest.fixture(scope="module")
def served(path: str) -> Any:
    return tf.saved_model.load(path).signatures


def dense(key: str, rows: list[Row], width: int) -> np.ndarray:
    """The rows' values of a feature; a set is filled up to `width`."""
    kind, is_number = SPEC.by_key[key].kind, SPEC.by_key[key].is_number
    values = [row.get(key, []) for row in rows]
    if kind == "set":
        return np.array([[*value, *[""] * (width - len(value))] for value in values], object).reshape(len(rows), width)
    empty = [float("nan")] if is_number else [""]
    dtype = np.float64 if SPEC.by_key[key].rest else np.float32
    return np.array([(value or empty)[0] for value in values], dtype if is_number else object)


def default(served: Any, rows: list[Row]) -> np.ndarray:
    return served["serving_default"](examples=tf.constant([example(row) for row in rows]))["score"].numpy()


def raw(served: Any, rows: list[Row], spec: FeatureSpec = SPEC, **more: Any) -> dict[str, np.ndarray]:
    given = {key: tf.constant(dense(key, rows, 5)) for key in spec.by_key} | more
    return {name: output.numpy() for name, output in served["predict_raw"](**given).items()}


def rank(
    served: Any, requests: list[tuple[Row, list[Row]]], top_k: int = 0, width: int = 5, spec: FeatureSpec = SPEC
) -> dict[str, np.ndarray]:
    """As a client sends it: requests of the same number of candidates."""
    each = len(requests[0][1])
    context, candidate = ([f for f in spec.features if f.side == side] for side in ("context", "candidate"))
    given = {f.key: tf.constant(dense(f.key, [user for user, _ in requests], width)) for f in context}
    for feature in candidate:
        flat = dense(feature.key, [row for _, candidates in requests for row in candidates], width)
        given[feature.key] = tf.constant(flat.reshape(len(requests), each, *flat.shape[1:]))
    outputs = served["rank"](top_k=tf.fill([len(requests)], top_k), **given)
    return {name: output.numpy() for name, output in outputs.items()}


def _values(feature: Any) -> Any:
    if feature.kind == "numeric":
        number = st.sampled_from([-3.0, 0.0, 1.0, 20.0, 40.0, 2000.0])
        return st.lists(number, max_size=1)
    if feature.kind == "time":
        hours = st.integers(-40_000, 500_000).map(lambda hour: hour * (3.6e6 if feature.unit == "ms" else 3600.0))
        return st.lists(hours, max_size=1)
    return st.lists(st.sampled_from([*WORDS, "new"]), max_size=4 if feature.kind == "set" else 1)


def _side(side: list[Any]) -> Any:
    """Rows in which anything may be missing, but a required feature."""
    row = st.fixed_dictionaries({feature.key: _values(feature) for feature in side})
    return row.map(lambda drawn: {key: values for key, values in drawn.items() if values})


_CANDIDATE = st.tuples(_side(CANDIDATE), st.sampled_from(WORDS)).map(lambda pair: pair[0] | {"item": [pair[1]]})
REQUESTS = st.tuples(st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda size: st.lists(
        st.tuples(_side(CONTEXT), st.lists(_CANDIDATE, min_size=size[1], max_size=size[1])),
        min_size=size[0],
        max_size=size[0],
    )
)


@settings(max_examples=60, deadline=None)
@given(requests=REQUESTS)
def test_a_ranked_candidate_has_the_score_of_its_row(served, requests):
    ranked = rank(served, requests)
    rows = [user | candidate for user, candidates in requests for candidate in candidates]
    expected = default(served, rows).reshape(len(requests), -1)
    np.testing.assert_allclose(ranked["score"], expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(ranked["order"], np.argsort(-ranked["score"], axis=1, kind="stable"))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(_side(CONTEXT), _CANDIDATE).map(lambda pair: pair[0] | pair[1]), min_size=1, max_size=4))
def test_named_tensors_score_as_examples(served, rows):
    np.testing.assert_allclose(raw(served, rows)["score"], default(served, rows), rtol=0, atol=1e-6)


def test_no_bytes_can_fail_named_tensors(served):
    """In a batch another client's request fails with one that can't be parsed: these signatures parse nothing."""

    def readers(name: str) -> set[str]:
        graph = served[name].graph.as_graph_def()
        nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
        return {node.op for node in nodes if node.op.startswith(("Parse", "Decode", "StringToNumber", "Assert"))}

    parsing = {"ParseExampleV2"}
    names = ("serving_default", "classify", "regress", "predict_raw", "rank")
    assert [readers(name) for name in names] == [parsing, parsing, parsing, set(), set()]


def test_scores_differ_with_every_feature(served):
    """Else the tests above could compare constants."""
    [row] = _rows(1)
    scores = default(served, [row, *({key: values for key, values in row.items() if key != gone} for gone in row)])
    assert len(np.unique(scores.round(5))) == len(scores)


def test_an_input_of_one_row_holds_for_all_rows(served):
    rows = _rows(4)
    shared = {"user": tf.constant(["b"]), "seen": tf.constant([["a", "c"]]), "hour": tf.constant([7.0])}
    expected = default(served, [row | {"user": ["b"], "seen": ["a", "c"], "hour": [7.0]} for row in rows])
    np.testing.assert_allclose(raw(served, rows, **shared)["score"], expected, rtol=0, atol=1e-6)


def test_only_required_features_must_be_sent(path):
    """As a server runs it: what is not fed has the value that the signature gives."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        signatures = v1.saved_model.loader.load(session, ["serve"], path).signature_def
        optional = set(SPEC.by_key) - {"item"}
        assert set(signatures["predict_raw"].defaults) == optional
        assert set(signatures["rank"].defaults) == optional | {"top_k"}

        def run(name: str, given: dict[str, Any]) -> np.ndarray:
            signature = signatures[name]
            feed = {signature.inputs[key].name: value for key, value in given.items()}
            return session.run(signature.outputs["score"].name, feed)

        items = run("predict_raw", {"item": np.array(["a", "b", "c"])})
        ranked = run("rank", {"item": np.array([["a", "b", "c"]])})
        expected = run("serving_default", {"examples": [example({"item": [word]}) for word in "abc"]})
    np.testing.assert_allclose(items, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ranked, [expected], rtol=0, atol=1e-6)
    assert len(set(expected.tolist())) == 3


def test_padding_comes_last_and_changes_nothing(served):
    """A server fills requests of other sizes up with empty strings and zeros."""
    user, candidates = _rows(1)[0], [{key: row[key] for key in ("item", "tags")} for row in _rows(3)]
    alone = rank(served, [(user, candidates)])
    filled = rank(served, [(user, [{}, *candidates, {}])], width=7)
    np.testing.assert_allclose(filled["score"][:, 1:4], alone["score"], rtol=0, atol=1e-6)
    assert filled["order"][0].tolist() == [*(alone["order"][0] + 1), 0, 4]


@pytest.mark.parametrize(("top_k", "length"), [(0, 3), (-1, 3), (2, 2), (3, 3), (9, 3)])
def test_top_k_cuts_the_order_alone(served, top_k, length):
    user, candidates = _rows(1)[0], _rows(3)
    whole, cut = rank(served, [(user, candidates)]), rank(served, [(user, candidates)], top_k)
    assert cut["order"].tolist() == whole["order"][:, :length].tolist()
    assert cut["score"].shape == (1, 3)


def test_classify_and_regress_tell_the_score(served):
    rows = _rows(3)
    given = tf.constant([example(row) for row in rows])
    score = default(served, rows)
    classified = served["classify"](inputs=given)
    assert classified["classes"].numpy().tolist() == [[b"0", b"1"]] * 3
    np.testing.assert_allclose(classified["scores"].numpy(), np.stack([1 - score, score], axis=1), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(served["regress"](inputs=given)["outputs"].numpy(), score)


@pytest.mark.parametrize(
    ("variant", "products"), [("wide", False), ("deep", False), ("fm", False), ("wide_deep", True)]
)
def test_another_model_ranks_too(variant, products, fewer, tmp_path):
    served = tf.saved_model.load(exported(tmp_path, fewer, FEWER, variant, products)).signatures
    user, candidates = _rows(1)[0], [{feature.key: row[feature.key] for feature in CANDIDATE} for row in _rows(3)]
    expected = default(served, [user | candidate for candidate in candidates])
    ranked = rank(served, [(user, candidates)], spec=FEWER)
    np.testing.assert_allclose(ranked["score"], [expected], rtol=1e-3, atol=0)
    assert len(np.unique(expected)) == 3


def test_candidates_with_many_ids_of_a_column_have_the_scores_of_their_rows(served, graph, tmp_path, monkeypatch):
    """From two ids on: those of a column share what one would count, in summed embeddings as in crosses and sets."""
    monkeypatch.setattr(inputs, "MOST_FULL_IDS", 1)
    shared = tf.saved_model.load(exported(tmp_path, graph)).signatures
    user, candidates = _rows(1)[0], [{feature.key: row[feature.key] for feature in CANDIDATE} for row in _rows(3)]
    rows = [user | candidate for candidate in candidates]
    expected = default(shared, rows)
    np.testing.assert_allclose(rank(shared, [(user, candidates)])["score"], [expected], rtol=0, atol=1e-5)
    np.testing.assert_allclose(raw(shared, rows)["score"], expected, rtol=0, atol=1e-6)
    assert np.abs(expected - default(served, rows)).max() > 1e-3


def test_each_kind_of_label_has_the_signatures_that_make_sense(fewer, tmp_path):
    names = {}
    of_numbers = analysed(tmp_path, tf.float32, LEAST)
    for transform, of, label in (
        (of_numbers, LEAST, {"kind": "regression"}),
        (fewer, FEWER, {"kind": "multiclass", "classes": 3}),
    ):
        spec = FeatureSpec.model_validate(of.model_dump(exclude_defaults=True) | {"label": {"key": "y", **label}})
        served = tf.saved_model.load(exported(tmp_path / label["kind"], transform, spec)).signatures
        names[label["kind"]] = set(served)
        rows = _rows(3)
        np.testing.assert_allclose(raw(served, rows, spec)["score"], default(served, rows), rtol=0, atol=1e-5)
    both = {"serving_default", "predict_raw"}
    assert names == {"regression": both | {"rank", "regress"}, "multiclass": both | {"classify"}}
    classified = served["classify"](inputs=tf.constant([example(row) for row in rows]))
    assert classified["classes"].numpy().tolist() == [[b"0", b"1", b"2"]] * 3
    np.testing.assert_array_equal(classified["scores"].numpy(), default(served, rows))
