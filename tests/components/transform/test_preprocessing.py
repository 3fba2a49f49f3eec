"""The whole preprocessing function through Beam, against a plain Python reference, and as the exported graph."""

from __future__ import annotations

import base64
import itertools
import statistics
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import farmhash
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.graph_context import TFGraphContext
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform import packed_columns
from widedeep.components.transform.crosses import cross_ids
from widedeep.components.transform.preprocessing import preprocessing_fn

Row = dict[str, list[Any]]

# TFT divides 0 by 0 where a column has no value in a part of the rows, and takes the NaN out again afterwards.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


def declare(key: str, kind: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform, **roles}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "weight": "weight",
        "features": [
            declare("city", "categorical", {"vocabulary": {"min_count": 3, "oov_buckets": 4}}, wide=True),
            declare("home", "categorical", {"vocabulary": {"of": "city"}}, deep={"embedding": 2}),
            declare("tags", "set", {"vocabulary": {}}, wide=True, deep={"embedding": 2}),
            declare("top", "categorical", {"vocabulary": {"max_size": 2}}, wide=True),
            declare("zip", "categorical", {"hash": {"buckets": 50}}, wide=True),
            declare("words", "set", {"hash": {"buckets": 3}}, deep={"embedding": 2}),
            declare("age", "numeric", {"quantile_cdf": {"quantiles": 4}}, wide=True),
            declare("dose", "numeric", {"quantile_cdf": {"quantiles": 4}}, deep={}),
            declare("rank", "numeric", {"quantile_cdf": {"quantiles": 6}}, deep={}),
            declare("size", "numeric", {"z_score": {}}, deep={}),
            declare("same", "numeric", {"z_score": {}}, deep={}),
            declare("none", "numeric", {"z_score": {}}, deep={}),
            declare("pay", "numeric", {"log": {}, "buckets": {"boundaries": [-1, 0, 10.5]}}, wide=True, deep={}),
            declare("only", "categorical", {"vocabulary": {}}),
        ],
        "crosses": [
            {"keys": ["city", "pay"], "buckets": 1000},
            {"keys": ["tags", "words", "only"], "buckets": 100_000},
            {"keys": ["age", "zip"], "buckets": 100_000},
        ],
    }
)
NUMBERS = ("dose", "rank", "size", "same", "none", "pay")
# What the packed columns hold, in order.
FEATURE_IDS = ("city_id", "home_id", "tags_id", "top_id", "zip_id", "words_id", "age_id", "pay_id")
IDS = (*FEATURE_IDS, "city_x_pay", "tags_x_words_x_only", "age_x_zip")
DENSE = tuple(f"{key}_{part}" for key in NUMBERS for part in ("value", "missing"))
TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}
PARSING = {feature.key: tf.io.VarLenFeature(TYPES[feature.kind]) for feature in SPEC.features} | {
    "label": tf.io.VarLenFeature(tf.int64),
    "weight": tf.io.VarLenFeature(tf.float32),
}


def make_rows(count: int = 120) -> list[Row]:
    """Every feature missing somewhere, one in all rows; strings once seen, seen often, and not of ASCII."""
    random = np.random.default_rng(3)
    tops = ["a"] * 60 + ["b"] * 40 + ["c"] * 20
    rows = []
    for number in range(count):
        row: Row = {
            "city": [f"city{int(random.exponential(6.0))}"],
            "home": [f"city{int(random.exponential(6.0))}"],
            "tags": [str(tag) for tag in random.permutation(["ä", "beta", "gamma", "δ"])[: random.integers(0, 5)]],
            "top": [tops[number]],
            "zip": [f"{random.integers(90_000, 90_100)}"],
            "words": [f"w{word}" for word in random.integers(0, 6, random.integers(0, 4))],
            # Different values, so that quantiles have equal shares.
            "age": [float(number)],
            "dose": [float(number % 60) ** 2],
            "rank": [float(-number)],
            "size": [float(random.normal(100.0, 15.0))],
            "same": [7.0],
            "none": [],
            "pay": [float(random.choice([-5.0, -1.0, 0.0, 3.25, 10.5, 1000.0]))],
            "only": [f"only{number % 5}"],
            "label": [int(random.integers(0, 2))],
            "weight": [float(random.random())],
        }
        for key in ("city", "home", "zip", "age", "size", "pay", "only"):
            if random.random() < 0.15:
                row[key] = [] if SPEC.by_key[key].kind == "numeric" or random.random() < 0.5 else [""]
        rows.append(row)
    return rows


class Transformed:
    """The rows, what Beam made of them, and the exported graph."""

    def __init__(self, folder: Path) -> None:
        self.rows = make_rows()
        metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(PARSING))
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
        with tft_beam.Context(temp_dir=str(folder / "tmp")):
            (data, _), graph = (self.rows, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
            graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        self.output = tft.TFTransformOutput(str(folder / "graph"))
        self.graph = tf.saved_model.load(self.output.transform_savedmodel_dir)
        self.written = [{key: plain(value) for key, value in row.items()} for row in data]
        self.columns = unpacked({key: [row[key] for row in self.written] for key in data[0]})

    def served(self, rows: list[Row]) -> dict[str, list[list[Any]]]:
        """The exported graph on serialized examples, without label and weight, as a server gets them."""
        raw = tf.io.parse_example(tf.constant([example(row) for row in rows]), self.inputs())
        empty = {
            key: tf.SparseTensor(np.zeros([0, 2], np.int64), tf.zeros([0], PARSING[key].dtype), [len(rows), 0])
            for key in ("label", "weight")
        }
        outputs = self.graph.transform_fn(raw | empty)
        return unpacked({key: by_row(column, len(rows)) for key, column in outputs.items() if key not in empty})

    def inputs(self) -> dict[str, Any]:
        return {key: parser for key, parser in PARSING.items() if key not in ("label", "weight")}

    def vocabulary(self, key: str) -> list[str]:
        lines = self.output.vocabulary_by_name(f"{key}_vocabulary")
        return [base64.urlsafe_b64decode(line + b"=" * (-len(line) % 4)).decode() for line in lines]


def plain(value: Any) -> list[Any]:
    return np.asarray(value).reshape(-1).tolist() if value is not None else []


def unpacked(packed: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """Each id and dense column on its own, from `ids`, `crosses` and `dense` as they are documented."""
    columns = {key: rows for key, rows in packed.items() if key not in ("ids", "crosses", "dense")}
    both = zip(packed["ids"], packed["crosses"], strict=True)
    ids = [[divmod(value, 2**32) for value in (*row, *crosses)] for row, crosses in both]
    for number, name in enumerate(IDS):
        columns[name] = [[id_ for column, id_ in row if column == number] for row in ids]
    for number, name in enumerate(DENSE):
        columns[name] = [[row[number]] for row in packed["dense"]]
    return columns


def by_row(column: Any, rows: int) -> list[list[Any]]:
    if not isinstance(column, tf.SparseTensor):
        return [plain(row) for row in column.numpy()]
    rows_: list[list[Any]] = [[] for _ in range(rows)]
    for (row, _), value in zip(column.indices.numpy(), column.values.numpy(), strict=True):
        rows_[row].append(value.item())
    return rows_


def example(row: Row) -> bytes:
    built = tf.train.Example()
    for key, values in row.items():
        if key in ("label", "weight") or not values:
            continue
        if isinstance(values[0], str):
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in values)
        else:
            built.features.feature[key].float_list.value.extend(values)
    return built.SerializeToString()


@pytest.fixture(scope="module")
def transformed(tmp_path_factory: pytest.TempPathFactory) -> Transformed:
    return Transformed(tmp_path_factory.mktemp("transform"))


def given(rows: list[Row], key: str) -> list[list[Any]]:
    """The values that count: an empty string is none."""
    return [[value for value in row[key] if value != ""] for row in rows]


def ids_in(vocabulary: list[str], oov: int) -> Callable[[str], int]:
    def id_of(word: str) -> int:
        if word in vocabulary:
            return vocabulary.index(word)
        # The graph looks values up by their base64.
        encoded = base64.urlsafe_b64encode(word.encode()).rstrip(b"=").decode()
        return len(vocabulary) + farmhash.fingerprint64(encoded) % oov

    return id_of


@pytest.mark.parametrize(
    ("key", "owner", "min_count", "oov"), [("city", "city", 3, 4), ("home", "city", 3, 4), ("tags", "tags", 1, 1)]
)
def test_vocabulary_ids(transformed, key, owner, min_count, oov):
    counts = Counter(word for words in given(transformed.rows, owner) for word in words)
    vocabulary = transformed.vocabulary(owner)
    assert set(vocabulary) == {word for word, count in counts.items() if count >= min_count}
    assert [counts[word] for word in vocabulary] == sorted((counts[word] for word in vocabulary), reverse=True)
    id_of = ids_in(vocabulary, oov)
    assert transformed.columns[f"{key}_id"] == [
        sorted({id_of(word) for word in words}) for words in given(transformed.rows, key)
    ]


def test_rare_strings_share_the_oov_buckets(transformed):
    counts = Counter(word for words in given(transformed.rows, "city") for word in words)
    rare = {word for word, count in counts.items() if count < 3}
    assert rare
    size = len(transformed.vocabulary("city"))
    rows = zip(given(transformed.rows, "city"), transformed.columns["city_id"], strict=True)
    rare_ids = {ids[0] for words, ids in rows if set(words) & rare}
    assert rare_ids <= set(range(size, size + 4))


def test_the_most_frequent_strings_only(transformed):
    assert transformed.vocabulary("top") == ["a", "b"]
    assert transformed.columns["top_id"] == [[0]] * 60 + [[1]] * 40 + [[2]] * 20


@pytest.mark.parametrize(("key", "buckets"), [("zip", 50), ("words", 3)])
def test_hash_buckets(transformed, key, buckets):
    assert transformed.columns[f"{key}_id"] == [
        sorted({farmhash.fingerprint64(word) % buckets for word in words}) for words in given(transformed.rows, key)
    ]


def test_quantile_cdf_values(transformed):
    """Of 120 different values each of 6 quantiles has 20; the i-th is (i-1)/5, exactly."""
    ranks = [values[0] for values in transformed.columns["rank_value"]]
    assert set(ranks) == {np.float32(i) / np.float32(5) for i in range(6)}
    assert ranks == sorted(ranks, reverse=True)  # the values fall
    assert all(abs(count - 20) <= 1 for count in Counter(ranks).values())


def test_quantile_cdf_values_where_values_repeat(transformed):
    """Each value twice, squared: the order alone says the quantile, and equal values are in the same."""
    value_of = dict(zip((row["dose"][0] for row in transformed.rows), transformed.columns["dose_value"], strict=True))
    for row, value in zip(transformed.rows, transformed.columns["dose_value"], strict=True):
        assert value_of[row["dose"][0]] == value
    by_dose = [value_of[dose][0] for dose in sorted(value_of)]
    assert by_dose == sorted(by_dose)
    assert set(by_dose) == {0.0, np.float32(1) / np.float32(3), np.float32(2) / np.float32(3), 1.0}
    assert all(abs(count - 15) <= 1 for count in Counter(by_dose).values())


def test_quantile_ids_have_one_more_for_missing_values(transformed):
    rows = list(zip(given(transformed.rows, "age"), transformed.columns["age_id"], strict=True))
    absent = [ids for values, ids in rows if not values]
    assert absent
    assert all(ids == [4] for ids in absent)
    present = [ids[0] for values, ids in rows if values]
    assert present == sorted(present)  # the ages rise
    assert set(present) == {0, 1, 2, 3}
    assert all(abs(count - len(present) / 4) <= 1 for count in Counter(present).values())


def z_scores(values: list[list[float]], log: bool = False) -> list[float]:
    """By the population's standard deviation over the present values; 0 where missing."""
    scaled = [[np.sign(v) * np.log1p(abs(v)) if log else v for v in value] for value in values]
    flat = [value for value_ in scaled for value in value_]
    mean, spread = statistics.fmean(flat), statistics.pstdev(flat) or 1.0
    return [(row[0] - mean) / spread if row else 0.0 for row in scaled]


@pytest.mark.parametrize(("key", "log"), [("size", False), ("pay", True), ("same", False)])
def test_z_scores_and_logs(transformed, key, log):
    values = given(transformed.rows, key)
    scaled = np.array(transformed.columns[f"{key}_value"])[:, 0]
    np.testing.assert_allclose(scaled, z_scores(values, log), rtol=0, atol=2e-5)
    assert transformed.columns[f"{key}_missing"] == [[0.0 if value else 1.0] for value in values]


def test_given_buckets(transformed):
    """Bucket i holds boundaries[i-1] <= value < boundaries[i]; missing values have the last."""
    bucket = {-5.0: 0, -1.0: 1, 0.0: 2, 3.25: 2, 10.5: 3, 1000.0: 3}
    values = given(transformed.rows, "pay")
    assert transformed.columns["pay_id"] == [[bucket[value[0]]] if value else [4] for value in values]
    assert {ids[0] for ids in transformed.columns["pay_id"]} == {0, 1, 2, 3, 4}


def test_a_column_without_any_value_says_nothing_when_one_comes(transformed):
    assert transformed.columns["none_value"] == [[0.0]] * 120
    assert transformed.columns["none_missing"] == [[1.0]] * 120
    served = transformed.served([{**transformed.rows[0], "none": [3.0]}])
    assert (served["none_value"], served["none_missing"]) == ([[0.0]], [[0.0]])


def crossed(rows: list[list[list[str]]], buckets: int) -> list[list[int]]:
    """Each combination alone, through the cross that test_crosses.py proves."""
    sets = []
    for row in rows:
        ids = set()
        for combination in itertools.product(*row):
            members = [tf.SparseTensor([[0, 0]], [value], [1, 1]) for value in combination]
            ids.add(int(cross_ids(members, buckets).values.numpy()[0]))
        sets.append(sorted(ids))
    return sets


def test_crosses_are_of_raw_strings_and_of_buckets(transformed):
    rows, columns = transformed.rows, transformed.columns
    strings = {key: given(rows, key) for key in ("city", "tags", "words", "only", "zip")}
    strings["pay"] = [[str(ids[0])] if ids != [4] else [] for ids in columns["pay_id"]]
    strings["age"] = [[str(ids[0])] if ids != [4] else [] for ids in columns["age_id"]]
    for declared in SPEC.crosses:
        members = [list(row) for row in zip(*(strings[key] for key in declared.keys), strict=True)]
        assert columns[declared.name] == crossed(members, declared.buckets)
    assert any(len(ids) > 3 for ids in columns["tags_x_words_x_only"])


def test_label_and_weight_pass_unchanged(transformed):
    assert transformed.columns["label"] == [row["label"] for row in transformed.rows]
    np.testing.assert_allclose(transformed.columns["weight"], [row["weight"] for row in transformed.rows], rtol=1e-6)


def test_no_column_more_or_less(transformed):
    assert all(set(row) == {"ids", "crosses", "dense", "label", "weight"} for row in transformed.written)
    assert all(len(row["dense"]) == len(DENSE) for row in transformed.written)
    numbers = range(len(IDS))
    assert {value >> 32 for row in transformed.written for value in row["ids"]} == set(numbers[: len(FEATURE_IDS)])
    assert {value >> 32 for row in transformed.written for value in row["crosses"]} == set(numbers[len(FEATURE_IDS) :])


def test_the_packed_columns_are_in_the_order_that_the_trainer_reads(transformed):
    sizes = {f"{key}_vocabulary": len(transformed.vocabulary(key)) for key in ("city", "tags", "top")}
    names = list(packed_columns.id_columns(SPEC, sizes))
    assert tuple(column.name for column in names) == IDS
    assert tuple(packed_columns.dense_columns(SPEC)) == DENSE
    for column in names:
        ids = [id_ for row in transformed.columns[column.name] for id_ in row]
        assert ids
        assert 0 <= min(ids) <= max(ids) < column.size


def test_a_row_holds_its_columns_one_after_the_other_without_gaps(transformed):
    """The Trainer finds a column's cell by its place, and TFT writes left-aligned rows alone."""
    for row in transformed.written:
        assert row["ids"] == sorted(row["ids"])
    raw = tf.io.parse_example(tf.constant([example(row) for row in transformed.rows[:9]]), transformed.inputs())
    ids = transformed.output.transform_features_layer()(raw)["ids"]
    assert [place for _, place in ids.indices.numpy()] == [
        place for row in transformed.written[:9] for place in range(len(row["ids"]))
    ]
    assert len(ids.values) < ids.dense_shape[0] * ids.dense_shape[1]


def test_a_declaration_without_ids_or_dense_columns_has_no_such_column(tmp_path):
    def outputs(feature: dict[str, Any], dtype: tf.DType) -> set[str]:
        spec = FeatureSpec.model_validate({"label": {"key": "label"}, "features": [feature]})
        apply = tf.function(partial(preprocessing_fn, custom_config={"features": features.to_json(spec)}))
        given = {"f": tf.SparseTensorSpec([None, None], dtype), "label": tf.SparseTensorSpec([None, None], tf.int64)}
        with TFGraphContext(tf.Module(), str(tmp_path), {}):  # for the analyzers
            return set(apply.get_concrete_function(given).structured_outputs)

    assert outputs(declare("f", "set", {"hash": {"buckets": 3}}, wide=True), tf.string) == {"ids", "label"}
    assert outputs(declare("f", "numeric", {"buckets": {"boundaries": [1]}}, wide=True), tf.float32) == {"ids", "label"}
    assert outputs(declare("f", "numeric", {"log": {}}, deep={}), tf.float32) == {"dense", "label"}


def test_the_exported_graph_gives_what_training_saw(transformed):
    served = transformed.served(transformed.rows)
    for key, rows in served.items():
        assert rows == transformed.columns[key], key


def test_a_row_alone_gives_what_it_gives_in_a_batch(transformed):
    for index in range(0, 120, 17):
        served = transformed.served([transformed.rows[index]])
        assert {key: rows[0] for key, rows in served.items()} == {
            key: transformed.columns[key][index] for key in served
        }


def test_a_row_without_any_feature(transformed):
    served = transformed.served([{}])
    for key in ("city_id", "home_id", "tags_id", "zip_id", "words_id", *(cross.name for cross in SPEC.crosses)):
        assert served[key] == [[]]
    assert (served["age_id"], served["pay_id"]) == ([[4]], [[4]])
    for key in NUMBERS:
        assert (served[f"{key}_value"], served[f"{key}_missing"]) == ([[0.0]], [[1.0]])


def test_z_scores_are_made_in_64_bits(tmp_path: Path) -> None:
    """In 32 bits the square of 1e20 is infinite, and the mean of 16,000,000 and a bit is rough."""
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "y"},
            "features": [
                {"key": key, "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
                for key in ("far", "high")
            ],
        }
    )
    rows = [{"far": [0.0], "high": [16_000_000.0 + number % 2], "y": [1]} for number in range(100)]
    rows.append({"far": [1e20], "high": [], "y": [1]})
    parsing = {"far": tf.io.VarLenFeature(tf.float32), "high": tf.io.VarLenFeature(tf.float32)}
    metadata = dataset_metadata.DatasetMetadata(
        schema_utils.schema_from_feature_spec(parsing | {"y": tf.io.VarLenFeature(tf.int64)})
    )
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(spec)})
    with tft_beam.Context(temp_dir=str(tmp_path)):
        (data, _), _ = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
    dense = np.array([row["dense"] for row in data])
    # One of n + 1 values that is h above the others lies sqrt(n) standard deviations above the mean.
    assert dense[-1].tolist() == pytest.approx([10.0, 0.0, 0.0, 1.0])
    assert dense[:100, 0] == pytest.approx(-0.1)
    assert dense[:100, 2] == pytest.approx([-1.0, 1.0] * 50)
