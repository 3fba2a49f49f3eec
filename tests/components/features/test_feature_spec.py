"""features.yaml: what it may say, how a mistake reads, and its way through JSON."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.features import FeatureSpec

REPOSITORY = Path(__file__).resolve().parents[3]


def feature(key: str, kind: str = "categorical", **more: Any) -> dict[str, Any]:
    transform = {"z_score": {}} if kind == "numeric" else {"vocabulary": {}}
    return {"key": key, "kind": kind, "side": "context", "transform": transform, "wide": kind != "numeric", **more}


def refused(tmp_path: Path, *declared: dict[str, Any], **more: Any) -> str:
    path = tmp_path / "features.yaml"
    # JSON is YAML.
    path.write_text(json.dumps({"label": {"key": "label"}, "features": declared, **more}))
    with pytest.raises(ConfigError) as caught:
        features.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"wdie": True}, "features.a: unknown key 'wdie': did you mean 'wide'?"),
        ({"kind": "text"}, "features.a.kind: Input should be 'categorical', 'numeric', 'set' or 'time' (it is 'text')"),
        (
            {"key": "a b"},
            "features.a b.key: a key is of letters A to Z, digits and _, and begins with a letter; `column` beside it "
            "says what the data calls it: {key: a_b, column: \"a b\"} (it is 'a b')",
        ),
        ({"bits": 64}, "features.a: bits are those of a number, and this one is categorical: text is kept as it is"),
        ({"bits": 16}, "features.a.bits: Input should be 32 or 64 (it is 16)"),
        ({"key": "n_rest"}, "'n_rest' is declared 2 times"),
        ({"column": ""}, "features.a.column: String should have at least 1 character (it is '')"),
        ({"column": "label"}, "a: its column 'label' is the label's: the label would be its input"),
        ({"transform": {"vocab": {}}}, "features.a.transform: unknown key 'vocab': did you mean 'vocabulary'?"),
        (
            {"transform": {"vocabulary": {"min_cuont": 2}}},
            "features.a.transform.vocabulary: unknown key 'min_cuont': did you mean 'min_count'?",
        ),
        ({"transform": {}}, "features.a: a categorical feature has one transform, vocabulary or hash"),
        ({"transform": {"z_score": {}}}, "features.a: a categorical feature has one transform, vocabulary or hash"),
        (
            {"transform": {"vocabulary": {}, "hash": {"buckets": 9}}},
            "features.a: a categorical feature has one transform, vocabulary or hash",
        ),
        (
            {"deep": {}},
            "features.a: a categorical feature enters the deep model as an embedding: deep: {embedding: 16}",
        ),
        ({"kind": "set", "slice": True}, "features.a: slices are made of categorical features, this one is set"),
        ({"drift": 0}, "features.a.drift: Input should be greater than 0 (it is 0)"),
        (
            {"transform": {"vocabulary": {"of": "b", "min_count": 2}}},
            "features.a.transform.vocabulary: 'of' takes the other vocabulary whole: leave the other keys out",
        ),
        ({"transform": {"vocabulary": {"of": "bb"}}}, "a: vocabulary of 'bb': did you mean 'b'?"),
        ({"transform": {"vocabulary": {"of": "n"}}}, "a: 'n' has no vocabulary of its own to share"),
        ({"transform": {"vocabulary": {"of": "a"}}}, "a: 'a' has no vocabulary of its own to share"),
        (
            {"transform": {"hash": {"buckets": 2**31}}},
            "features.a.transform.hash.buckets: Input should be less than or equal to 2147483647; or: Input should be "
            "'auto' (it is 2147483648)",
        ),
        ({"key": "top_k"}, "'top_k' is what a ranking request calls the number of candidates that it wants back"),
        ({"key": "b"}, "'b' is declared 2 times"),
        ({"key": "label"}, "'label' is declared 2 times"),
        ({"key": "b_x_n"}, "'b_x_n' is declared 2 times"),
    ],
)
def test_wrong_feature(tmp_path: Path, declared: dict[str, Any], text: str) -> None:
    number = feature("n", "numeric", transform={"quantile_cdf": {"quantiles": 2}}, bits=64)
    crosses = [{"keys": ["b", "n"], "buckets": 10}]
    assert refused(tmp_path, {**feature("a"), **declared}, feature("b"), number, crosses=crosses) == text


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (
            {"transform": {"vocabulary": {}}},
            "a numeric feature has one of quantile_cdf, z_score, log; or buckets, beside or alone",
        ),
        (
            {"transform": {"z_score": {}, "log": {}}},
            "a numeric feature has one of quantile_cdf, z_score, log; or buckets, beside or alone",
        ),
        ({"wide": True}, "wide, or an embedding, of a numeric feature needs its buckets or quantile_cdf"),
        ({"deep": {"embedding": 4}}, "wide, or an embedding, of a numeric feature needs its buckets or quantile_cdf"),
        (
            {"transform": {"buckets": {"boundaries": [1]}}, "deep": {}},
            "deep: {} of a numeric feature needs quantile_cdf, z_score or log",
        ),
    ],
)
def test_wrong_numeric(tmp_path: Path, declared: dict[str, Any], text: str) -> None:
    assert refused(tmp_path, feature("b"), feature("a", "numeric", **declared)) == f"features.a: {text}"


@pytest.mark.parametrize("boundaries", [[2, 1], [1, 1]])
def test_boundaries_rise(tmp_path: Path, boundaries: list[float]) -> None:
    message = refused(tmp_path, feature("a", "numeric", transform={"buckets": {"boundaries": boundaries}}))
    assert message == f"features.a.transform.buckets.boundaries: boundaries must rise (it is {boundaries})"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "bb"], "cross a_x_bb: unknown feature 'bb': did you mean 'b'?"),
        (["a", "n"], "cross a_x_n: numeric 'n' needs buckets or quantile_cdf to be crossed"),
        (["a", "a"], "crosses.0.keys: 'a' is crossed with itself (it is ['a', 'a'])"),
        (["a"], "crosses.0.keys: Tuple should have at least 2 items after validation, not 1 (it is ['a'])"),
    ],
)
def test_wrong_cross(tmp_path: Path, keys: list[str], text: str) -> None:
    crosses = [{"keys": keys, "buckets": 10}]
    assert refused(tmp_path, feature("a"), feature("b"), feature("n", "numeric"), crosses=crosses) == text


def test_a_cross_has_no_more_buckets_than_a_table_can_have_rows(tmp_path: Path) -> None:
    crosses = [{"keys": ["a", "b"], "buckets": 2**31}]
    text = (
        "crosses.0.buckets: Input should be less than or equal to 2147483647; or: Input should be 'auto' (it is "
        "2147483648)"
    )
    assert refused(tmp_path, feature("a"), feature("b"), crosses=crosses) == text


@pytest.mark.parametrize("name", ["ids", "crosses", "dense"])
def test_label_and_weight_are_not_called_as_a_column_of_transform(tmp_path: Path, name: str) -> None:
    text = f"'{name}' is what Transform calls a column of its own: name the label or weight otherwise"
    assert refused(tmp_path, feature("a"), weight=name) == text
    assert refused(tmp_path, feature("a"), label={"key": name}) == text
    FeatureSpec.model_validate({"label": {"key": "y"}, "features": [feature(name)]})


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"positive": []}, "label.positive: Tuple should have at least 1 item after validation, not 0 (it is [])"),
        ({"positive": [""]}, "label.positive.0: String should have at least 1 character (it is '')"),
        (
            {"negative": ["no"]},
            "label: 'negative' lists the values that are 0 beside 'positive', which lists those that are 1",
        ),
        ({"positive": ["a", "b"], "negative": ["b"]}, "label: 'b' is both positive and negative"),
        (
            {"positive": ["a"], "above": 0},
            "label: 'positive' lists the values that are 1, and 'above' sets their limit: give one of them",
        ),
        (
            {"above": 0, "kind": "regression"},
            "label: 'positive' and 'above' say what is 1 of a binary label, and this one is regression",
        ),
    ],
)
def test_wrong_label_rule(tmp_path: Path, rule: dict[str, Any], text: str) -> None:
    assert refused(tmp_path, feature("a"), label={"key": "y", **rule}) == text


def test_values_of_a_label_are_texts_as_the_file_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "features.yaml"
    declared = json.dumps([feature("a")])
    path.write_text(f"label: {{key: y, positive: [yes, 1, 01, true, on], negative: [no, -1]}}\nfeatures: {declared}\n")
    label = features.load(path).label
    assert label.positive == ("yes", "1", "01", "true", "on")
    assert label.negative == ("no", "-1")


def test_no_input(tmp_path: Path) -> None:
    text = "no feature is wide or deep, and there is no cross: the model would have no input"
    assert refused(tmp_path, feature("a", wide=False)) == text


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
string_transforms = st.one_of(
    st.builds(
        lambda count, size, oov: {"vocabulary": {"min_count": count, "max_size": size, "oov_buckets": oov}},
        st.integers(1, 9),
        st.none() | st.integers(1, 99),
        st.integers(1, 5),
    ),
    st.builds(lambda buckets: {"hash": {"buckets": buckets}}, st.integers(2, 10_000)),
)
bucketed = st.lists(numbers, min_size=1, max_size=4, unique=True).map(lambda b: {"buckets": {"boundaries": sorted(b)}})
number_transforms = st.sampled_from([{"quantile_cdf": {"quantiles": 7}}, {"z_score": {}}, {"log": {}}])
limits = st.none() | st.floats(0.01, 1)


@st.composite
def specs(draw: st.DrawFn) -> FeatureSpec:
    keys = draw(
        st.lists(st.from_regex("[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True), min_size=3, max_size=7, unique=True)
    )
    label, first, *others = keys
    declared: list[dict[str, Any]] = [feature(first, side="candidate", required=True)]
    for key in others:
        kind = draw(st.sampled_from(["categorical", "set", "numeric"]))
        item = feature(key, kind, drift=draw(limits), skew=draw(limits), separator=draw(st.sampled_from("|,;")))
        if kind == "numeric":
            item["transform"] = draw(number_transforms) | draw(bucketed)
            item["deep"] = draw(st.sampled_from([None, {}, {"embedding": 3}]))
        elif draw(st.booleans()):
            item["transform"] = {"vocabulary": {"of": first}}
        else:
            item["transform"] = draw(string_transforms)
            item["deep"] = draw(st.sampled_from([None, {"embedding": 8}]))
        declared.append(item)
    pairs = [pair for pair in itertools.combinations([first, *others], 2) if "_x_".join(pair) not in keys]
    crosses = [{"keys": pair, "buckets": 50} for pair in pairs if draw(st.booleans())]
    names = ["_x_".join(cross["keys"]) for cross in crosses]
    crosses = [cross for cross, name in zip(crosses, names, strict=True) if names.count(name) == 1]
    return FeatureSpec.model_validate({"label": {"key": label}, "features": declared, "crosses": crosses})


@given(specs())
def test_json_round_trip(spec: FeatureSpec) -> None:
    text = features.to_json(spec)
    assert "\n" not in text
    again = features.from_json(text)
    assert again == spec
    assert features.to_json(again) == text


def test_json_is_canonical(tmp_path: Path) -> None:
    """Defaults written out, and keys in another order, are the same declaration."""
    path = tmp_path / "features.yaml"
    path.write_text(
        "label: {key: y}\nfeatures: [{key: a, kind: set, side: context, transform: {hash: {buckets: 9}}, wide: true}]"
    )
    short = features.to_json(features.load(path))
    path.write_text(
        "crosses: []\nweight: null\nfeatures:\n  - wide: true\n    separator: '|'\n    slice: false\n"
        "    transform: {hash: {buckets: 9}}\n    side: context\n    kind: set\n    key: a\nlabel: {key: y}\n"
    )
    assert features.to_json(features.load(path)) == short
    path.write_text(path.read_text().replace("buckets: 9", "buckets: 8"))
    assert features.to_json(features.load(path)) != short


@pytest.mark.parametrize(
    "module",
    [
        "widedeep.components.features.schema",
        "widedeep.pipeline.definition.config",
        "widedeep.components.ingest.raw_files",
    ],
)
def test_import_needs_no_tensorflow(module: str) -> None:
    code = f"import sys, {module}; print([n for n in ('tensorflow', 'tfx', 'apache_beam') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_cross_is_not_called_as_a_features_ids(tmp_path: Path) -> None:
    """The model finds the rows of its table by the names of both."""
    crosses = [{"keys": ["a", "b_id"], "buckets": 10}]
    declared = [feature(key) for key in ("a", "b_id", "a_x_b")]
    assert refused(tmp_path, *declared, crosses=crosses) == (
        "cross a_x_b_id: the ids of 'a_x_b' are called so, too: give that feature another key"
    )


def test_a_key_names_files(tmp_path: Path) -> None:
    assert "key: String should have at most 200 characters (it is 'kkk" in refused(tmp_path, feature("k" * 201))


def test_weight_of_another_name(tmp_path: Path) -> None:
    said = refused(tmp_path, feature("a"), weight="sample-weight")
    assert said == (
        "weight: a key is of letters A to Z, digits and _, and begins with a letter; `weight_column` beside it says "
        "what the data calls it: {weight: sample_weight, weight_column: \"sample-weight\"} (it is 'sample-weight')"
    )
    said = refused(tmp_path, feature("a"), weight_column="sample-weight")
    assert said == "weight_column names the column of 'weight', which is not set"


def test_a_copy_with_other_features_forgets_what_followed_from_the_first() -> None:
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": [feature("a"), feature("b")]})
    assert list(spec.inputs) == list(spec.by_key) == ["a", "b"]
    turned = spec.model_copy(update={"features": spec.features[::-1]})
    assert list(turned.inputs) == list(turned.by_key) == ["b", "a"]
    assert list(spec.inputs) == ["a", "b"]
