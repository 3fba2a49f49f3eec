"""The gate on real statistics (TFDV) and real anomalies (TFX's ExampleValidator)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from content_scene import content
from google.protobuf import text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.components.example_validator import executor as example_validator
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from widedeep.components import features
from widedeep.components.common.errors import ConfigError, GateError
from widedeep.components.content.content_record import CONTENT, Content
from widedeep.components.features import FeatureSpec
from widedeep.components.features import schema as schemas
from widedeep.components.features.spec import Label
from widedeep.components.gate.component import DataVerdict
from widedeep.components.gate.executor import Executor
from widedeep.components.gate.findings import Finding, findings
from widedeep.components.gate.gate_options import GateOptions, check_features

SHARED = {"side": "context", "wide": True, "transform": {"vocabulary": {}}}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "features": [
            {"key": "user", "kind": "categorical", "required": True, **SHARED},
            {"key": "genre", "kind": "categorical", **SHARED},
            {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            {"key": "zip", "kind": "categorical", **SHARED, "transform": {"hash": {"buckets": 9}}},
        ],
    }
)
GOOD: dict[str, list[Any]] = {
    "user": ["a", "b", "c", "d"],
    "genre": ["War", "Drama", None, "War"],
    "age": [1.0, 2.0, 3.0, None],
    "zip": ["1", None, None, None],
    "label": [0, 1, 0, 1],
}
SPLITS = ("train", "eval", "test")
PASSED: dict[str, Any] = {"warnings": [], "notes": [], "distances": []}
KINDS = {"user": pa.binary(), "genre": pa.binary(), "zip": pa.binary(), "age": pa.float32(), "label": pa.int64()}


def labelled(label: dict[str, Any]) -> FeatureSpec:
    return SPEC.model_copy(update={"label": Label.model_validate({"key": "label", **label})})


def curated(spec: FeatureSpec = SPEC) -> schema_pb2.Schema:
    schema = schemas.derive(spec)
    schema.string_domain.add(name="genre", value=["War", "Drama"])
    for feature in schema.feature:
        if feature.name == "genre":
            feature.domain = "genre"
    return schema


def statistics(columns: dict[str, list[Any]], spec: FeatureSpec = SPEC) -> statistics_pb2.DatasetFeatureStatisticsList:
    kinds = KINDS | ({"label": pa.float32()} if spec.label.kind == "regression" else {})
    # As the ingested data has it: lists, and a column without any value does not exist.
    arrays = {
        name: pa.array([None if value is None else [value] for value in values], pa.list_(kinds[name]))
        for name, values in columns.items()
        if any(value is not None for value in values)
    }
    options = tfdv.StatsOptions(schema=curated(spec))
    return stats_impl.generate_statistics_in_memory(pa.RecordBatch.from_pydict(arrays), options)


class Gate:
    """Runs ExampleValidator and the gate over the columns of each split."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def artifact(self, kind: type, name: str) -> Any:
        made = kind()
        made.uri = str(self.folder / name)
        Path(made.uri).mkdir()
        return made

    def __call__(
        self, options: dict[str, Any] | None = None, read: Content | None = None, **splits: dict[str, list[Any]]
    ) -> dict[str, Any]:
        stats = self.artifact(standard_artifacts.ExampleStatistics, "statistics")
        stats.split_names = artifact_utils.encode_split_names(list(SPLITS))
        for split in SPLITS:
            folder = Path(stats.uri, f"Split-{split}")
            folder.mkdir()
            (folder / "FeatureStats.pb").write_bytes(statistics(splits.get(split, GOOD)).SerializeToString())
        schema = self.artifact(standard_artifacts.Schema, "schema")
        io_utils.write_string_file(f"{schema.uri}/schema.pbtxt", text_format.MessageToString(curated()))
        anomalies = self.artifact(standard_artifacts.ExampleAnomalies, "anomalies")
        example_validator.Executor().Do(
            {"statistics": [stats], "schema": [schema]}, {"anomalies": [anomalies]}, {"exclude_splits": "[]"}
        )
        verdict = self.artifact(DataVerdict, "verdict")
        properties = {
            "features": features.to_json(SPEC),
            "options": GateOptions.model_validate(options or {}).model_dump_json(),
            "code": "",
            "window": 1,
        }
        inputs = {"statistics": [stats], "anomalies": [anomalies]}
        if "serving" in splits:
            served = self.artifact(standard_artifacts.ExampleStatistics, "serving")
            served.split_names = artifact_utils.encode_split_names(["serving"])
            folder = Path(served.uri, "Split-serving")
            folder.mkdir()
            (folder / "FeatureStats.pb").write_bytes(statistics(splits["serving"]).SerializeToString())
            inputs["serving"] = [served]
        if read:
            examples = self.artifact(standard_artifacts.Examples, "examples")
            read.write(Path(examples.uri, CONTENT))
            inputs["examples"] = [examples]
        Executor().Do(inputs, {"verdict": [verdict]}, properties)
        written: dict[str, Any] = json.loads(Path(verdict.uri, "verdict.json").read_text())
        return written

    def stopped(self, options: dict[str, Any] | None = None, **splits: dict[str, list[Any]]) -> list[str]:
        with pytest.raises(GateError) as caught:
            self(options, **splits)
        assert not list((self.folder / "verdict").iterdir())
        first, *reasons, last = str(caught.value).splitlines()
        assert first == "the data is not as it should be:"
        assert last == (
            "Mend the data, or say in schema.pbtxt (of drift and skew, in features.yaml) that such values are right, "
            "or set gate.features.<name>: warn in the pipeline's config."
        )
        return [reason.removeprefix("  - ") for reason in reasons]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_good_data_passes(gate: Gate) -> None:
    assert gate() == PASSED


def test_missing_values_stop(gate: Gate) -> None:
    assert gate.stopped(eval={**GOOD, "user": ["a", None, "c", None]}) == [
        "split 'eval', feature 'user': Column dropped: The feature was present in fewer examples than expected: "
        "minimum fraction = 1.000000, actual = 0.500000 (2 of 4 rows have a value)"
    ]


def test_feature_missing_entirely(gate: Gate) -> None:
    assert gate.stopped(eval={**GOOD, "user": [None] * 4}) == [
        "split 'eval', feature 'user': Column dropped: Column is completely missing (0 of 4 rows have a value)"
    ]


def test_a_feature_that_train_has_no_value_of_stops_at_any_severity(gate: Gate) -> None:
    assert gate.stopped({"anomalies": "ignore"}, train={**GOOD, "age": [None] * 4}) == [
        "split 'train', feature 'age': no row has a value to learn from: fill the column, or take the feature out of "
        "features.yaml (0 of 4 rows have a value)"
    ]


MANY: dict[str, list[Any]] = {name: values * 30 for name, values in GOOD.items()}


def test_a_hashed_feature_that_train_has_no_value_of_stops(gate: Gate) -> None:
    assert gate.stopped(train={**GOOD, "zip": [None] * 4}) == [
        "split 'train', feature 'zip': no row has a value: fill the column, or take the feature out of features.yaml "
        "(0 of 4 rows have a value)"
    ]


@pytest.mark.parametrize("split", ["eval", "test", "serving"])
@pytest.mark.parametrize(("feature", "having"), [("zip", 1), ("genre", 3), ("age", 3)])
def test_a_feature_that_train_has_and_another_split_has_not_stops(
    gate: Gate, split: str, feature: str, having: int
) -> None:
    """Of 120 rows that each have a zip with probability 0.25, none has one in 1 of 10^15 splits."""
    assert gate.stopped(**{split: {**MANY, feature: [None] * 120}}) == [
        f"split '{split}', feature '{feature}': no row has a value, but {having} of 4 rows of train have one "
        "(0 of 120 rows have a value)"
    ]


def test_a_rare_feature_may_be_missing_in_a_small_split(gate: Gate) -> None:
    """That is never silent, but no fault: 0.75^4 = 0.32."""
    verdict = gate(eval={**GOOD, "zip": [None] * 4})
    assert verdict["warnings"] == []
    assert verdict["notes"] == [
        "split 'eval', feature 'zip': no row has a value, but 1 of 4 rows of train have one (0 of 4 rows have a value)"
    ]


def test_a_feature_that_is_missing_may_be_told_to_pass(gate: Gate) -> None:
    options = {"features": {"zip": "warn", "genre": "ignore"}}
    verdict = gate(options, eval={**MANY, "zip": [None] * 120, "genre": [None] * 120})
    assert [warning.partition(":")[0] for warning in verdict["warnings"]] == ["split 'eval', feature 'zip'"]


def test_the_column_that_may_be_meant_is_named(gate: Gate) -> None:
    read = content(SPEC, {"train": GOOD, "eval": GOOD, "test": GOOD})
    files = [file.model_copy(update={"undeclared": ["Zip", "other"]}) for file in read.files]
    read = read.model_copy(update={"files": files})
    [reason] = gate.stopped(read=read, train={**GOOD, "zip": [None] * 4})
    assert "take the feature out of features.yaml (is the column 'Zip' meant?) (0 of 4" in reason


def test_what_ingestion_saw_is_judged(gate: Gate) -> None:
    other = {**MANY, "user": [user.upper() for user in MANY["user"]]}
    read = content(SPEC, {"train": MANY, "eval": MANY, "test": other})
    [reason] = gate.stopped(read=read)
    assert reason.startswith("split 'test', feature 'user': train never had 100.0% (120 of 120) of its values, which")


def test_notes_and_warnings_are_kept(gate: Gate) -> None:
    train = {name: values[:4] for name, values in MANY.items()}
    other = {name: [f"{value}9" if isinstance(value, str) else value for value in GOOD[name]] for name in GOOD}
    verdict = gate(read=content(SPEC, {"train": train, "test": train, "eval": other}))
    assert verdict["notes"] == ["4 of 4 rows of 'test' (100.0%) are equal to rows of 'train'"]
    [warning] = verdict["warnings"]
    assert warning.startswith("split 'test', the data set: 4 of 4 rows (100.0%) are equal to rows of 'train'")


def test_a_limit_of_skew_without_serving_rows_is_told(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = [feature.model_copy(update={"skew": 0.2}) for feature in SPEC.features[:2]]
    monkeypatch.setitem(globals(), "SPEC", SPEC.model_copy(update={"features": (*limited, *SPEC.features[2:])}))
    assert gate()["notes"] == [
        "data.serving names no rows that a server was asked for: what features.yaml allows as skew is not measured "
        f"({limited[0].key}, {limited[1].key})"
    ]


def test_value_outside_a_domain(gate: Gate) -> None:
    [reason] = gate.stopped(test={**GOOD, "genre": ["War", "Anime", None, None]})
    assert reason.startswith("split 'test', feature 'genre': Unexpected string values: ")
    assert "Anime" in reason
    assert reason.endswith("(2 of 4 rows have a value)")


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("value", [0, 1])
def test_labels_of_one_class(gate: Gate, split: str, value: int) -> None:
    assert gate.stopped(**{split: {**GOOD, "label": [value] * 4}}) == [
        f"split '{split}', feature 'label': all labels are {value}; "
        "a ranking can't be learned or measured without both classes (4 of 4 rows have a value)"
    ]


REGRESSION = labelled({"kind": "regression"})
MULTICLASS = labelled({"kind": "multiclass", "classes": 4})


@pytest.mark.parametrize(
    ("spec", "labels", "reason"),
    [
        (
            REGRESSION,
            [2.5] * 4,
            "all labels are 2.5; nothing can be learned from, or measured on, a label that does not vary",
        ),
        (
            MULTICLASS,
            [3] * 4,
            "all labels are 3; nothing can be learned from, or measured on, less than two classes",
        ),
    ],
)
@pytest.mark.parametrize("split", SPLITS)
def test_labels_that_are_all_the_same(spec: FeatureSpec, labels: list[Any], reason: str, split: str) -> None:
    findings_ = list(findings(split, anomalies_pb2.Anomalies(), statistics({**GOOD, "label": labels}, spec), spec))
    assert findings_ == [Finding(split, "label", reason, 4, 4)]


@pytest.mark.parametrize(
    ("spec", "labels"),
    [(REGRESSION, [2.5, 2.5, 2.5, 2.25]), (REGRESSION, [0.0, 0.0, 0.0, -1.0]), (MULTICLASS, [0, 0, 0, 2])],
)
def test_labels_of_two_values_pass(spec: FeatureSpec, labels: list[Any]) -> None:
    assert list(findings("test", anomalies_pb2.Anomalies(), statistics({**GOOD, "label": labels}, spec), spec)) == []


def test_every_reason_of_every_split_is_named(gate: Gate) -> None:
    reasons = gate.stopped(
        train={**GOOD, "user": [None, "b", "c", "d"], "genre": ["X", "Y", "War", "War"]},
        test={**GOOD, "label": [1, 1, 1, 1]},
    )
    assert [reason.split(": ")[0] for reason in reasons] == [
        "split 'train', feature 'genre'",
        "split 'train', feature 'user'",
        "split 'test', feature 'label'",
    ]


BAD = {**GOOD, "user": [None, "b", "c", "d"], "genre": ["X", "Y", "War", "War"]}


def test_severity_of_a_feature(gate: Gate) -> None:
    [reason] = gate.stopped({"features": {"user": "warn"}}, train=BAD)
    assert reason.startswith("split 'train', feature 'genre'")


def test_warnings_are_kept(gate: Gate) -> None:
    verdict = gate({"features": {"user": "warn", "genre": "ignore"}}, train=BAD)
    [warning] = verdict["warnings"]
    assert warning.startswith("split 'train', feature 'user': ")
    assert warning.endswith("(3 of 4 rows have a value)")


def test_default_severity(gate: Gate) -> None:
    [reason] = gate.stopped({"anomalies": "ignore", "features": {"user": "stop"}}, train=BAD)
    assert reason.startswith("split 'train', feature 'user'")


def test_everything_ignored(gate: Gate) -> None:
    assert gate({"anomalies": "ignore"}, train=BAD) == PASSED


def test_findings_about_the_data_set() -> None:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.dataset_anomaly_info.reason.add(short_description="Low num examples", description="4 < 9")
    assert list(findings("train", anomalies, statistics(GOOD), SPEC)) == [
        Finding("train", "", "Low num examples: 4 < 9", 4, 4)
    ]
    [finding] = findings("train", anomalies_pb2.Anomalies(data_missing=True), statistics(GOOD), SPEC)
    assert str(finding) == "split 'train', the data set: it has no rows (4 rows)"


def test_finding_counts_have_thousands() -> None:
    finding = Finding("train", "age", "Too old: 130", 1200, 34_000)
    assert str(finding) == "split 'train', feature 'age': Too old: 130 (1,200 of 34,000 rows have a value)"


@pytest.mark.parametrize("name", ["user", "age", "label"])
def test_known_features(name: str) -> None:
    check_features(GateOptions.model_validate({"features": {name: "warn"}}), SPEC)


def test_weight_is_a_known_feature() -> None:
    weighted = FeatureSpec.model_validate({**json.loads(features.to_json(SPEC)), "weight": "importance"})
    check_features(GateOptions.model_validate({"features": {"importance": "warn"}}), weighted)


def test_unknown_feature() -> None:
    with pytest.raises(ConfigError) as caught:
        check_features(GateOptions.model_validate({"features": {"user": "warn", "gnere": "warn"}}), SPEC)
    assert str(caught.value) == "gate.features: unknown feature 'gnere': did you mean 'genre'?"
