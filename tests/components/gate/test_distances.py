"""Drift and skew of real statistics (TFDV), against distances computed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.types import artifact_utils, standard_artifacts

from widedeep.components import features
from widedeep.components.common.errors import GateError
from widedeep.components.features import FeatureSpec
from widedeep.components.features import schema as schemas
from widedeep.components.gate.component import DataVerdict
from widedeep.components.gate.distances import Statistics, distances
from widedeep.components.gate.executor import Executor
from widedeep.components.gate.gate_options import GateOptions

SHARED = {"side": "context", "wide": True, "transform": {"vocabulary": {}}}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "features": [
            {"key": "genre", "kind": "set", "drift": 0.2, "skew": 0.3, **SHARED},
            {
                "key": "age",
                "kind": "numeric",
                "side": "context",
                "transform": {"z_score": {}},
                "deep": {},
                "drift": 0.1,
            },
            {"key": "zip", "kind": "categorical", **SHARED},
        ],
    }
)
KINDS = {"genre": pa.binary(), "zip": pa.binary(), "age": pa.float32(), "label": pa.int64()}
Columns = dict[str, list[list[Any]]]
AGES = [[float(age)] for age in range(20, 60)] * 5


def rows(genres: dict[str, int], ages: list[list[float]] = AGES, label: bool = True) -> Columns:
    """200 rows, so many of them of each genre."""
    genre = [[name] for name, count in genres.items() for _ in range(count)]
    columns: Columns = {"genre": genre, "age": ages, "zip": [["1"]] * 200}
    return columns | ({"label": [[0], [1]] * 100} if label else {})


def statistics(columns: Columns) -> Statistics:
    arrays = {name: pa.array(values, pa.list_(KINDS[name])) for name, values in columns.items()}
    options = tfdv.StatsOptions(schema=schemas.derive(SPEC))
    return stats_impl.generate_statistics_in_memory(pa.RecordBatch.from_pydict(arrays), options)


BEFORE = rows({"War": 100, "Drama": 60, "Comedy": 40})
MOVED = rows({"War": 50, "Drama": 60, "Comedy": 80, "New": 10})
SECONDS = rows({"War": 100, "Drama": 60, "Comedy": 40}, [[60 * age for age in ages] for ages in AGES])


def test_the_distance_of_sets_is_the_largest_change_of_a_share() -> None:
    genre, age = distances("train", "drift", statistics(MOVED), statistics(BEFORE), SPEC)
    # War falls from 100 to 50 of 200.
    assert genre.value == pytest.approx(0.25, abs=1e-6)
    assert (genre.feature, genre.measure, genre.limit, genre.too_far) == ("genre", "L-infinity distance", 0.2, True)
    assert genre.changes == "'War' 50.0% → 25.0%, 'Comedy' 20.0% → 40.0%, 'New' 0.0% → 5.0%"
    assert (age.feature, age.too_far) == ("age", False)
    assert age.value == pytest.approx(0, abs=1e-6)


def test_another_unit_is_as_far_as_can_be() -> None:
    """Seconds for minutes: hardly a value is left where one was. Two distributions apart have divergence 1 (base 2)."""
    _, age = distances("train", "drift", statistics(SECONDS), statistics(BEFORE), SPEC)
    assert age.value > 0.7
    assert (age.measure, age.too_far) == ("Jensen-Shannon divergence", True)
    assert age.changes == "mean 39.5 → 2,370, median 40 → 2,400, min 20 → 1,200, max 59 → 3,540"


def test_equal_data_have_no_distance() -> None:
    measured = list(distances("train", "drift", statistics(BEFORE), statistics(BEFORE), SPEC))
    assert [distance.value for distance in measured] == pytest.approx([0, 0], abs=1e-6)


def test_skew_has_limits_of_its_own() -> None:
    [genre] = distances("train", "skew", statistics(MOVED), statistics(BEFORE), SPEC)
    assert (genre.kind, genre.limit, genre.too_far) == ("skew", 0.3, False)


def test_a_distance_that_is_no_number_is_too_far() -> None:
    [genre] = distances("train", "skew", statistics(MOVED), statistics(BEFORE), SPEC)
    broken = genre.__class__(**{**vars(genre), "value": float("nan")})
    assert broken.too_far


class Gate:
    """The gate over statistics, none of which has anomalies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, options: dict[str, Any], **given: dict[str, Columns]) -> dict[str, Any]:
        """By input key, each split's columns."""
        inputs = {key: [self._statistics(key, splits)] for key, splits in given.items()}
        anomalies = self._made(standard_artifacts.ExampleAnomalies, "anomalies")
        anomalies.split_names = artifact_utils.encode_split_names(list(given["statistics"]))
        for split in given["statistics"]:
            path = Path(anomalies.uri, f"Split-{split}", "SchemaDiff.pb")
            path.parent.mkdir()
            path.write_bytes(anomalies_pb2.Anomalies().SerializeToString())
        verdict = self._made(DataVerdict, "verdict")
        properties = {
            "features": features.to_json(SPEC),
            "options": GateOptions.model_validate(options).model_dump_json(),
            "code": "",
        }
        Executor().Do(inputs | {"anomalies": [anomalies]}, {"verdict": [verdict]}, properties)
        written: dict[str, Any] = json.loads(Path(verdict.uri, "verdict.json").read_text())
        return written

    def _statistics(self, key: str, splits: dict[str, Columns]) -> Any:
        made = self._made(standard_artifacts.ExampleStatistics, key)
        made.split_names = artifact_utils.encode_split_names(list(splits))
        for split, columns in splits.items():
            path = Path(made.uri, f"Split-{split}", "FeatureStats.pb")
            path.parent.mkdir()
            path.write_bytes(statistics(columns).SerializeToString())
        return made

    def _made(self, kind: type, name: str) -> Any:
        made = kind()
        made.uri = str(self._folder / name)
        Path(made.uri).mkdir()
        return made


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_a_drifted_split_stops_the_run(gate: Gate) -> None:
    with pytest.raises(GateError) as caught:
        gate({}, statistics={"train": BEFORE, "eval": SECONDS}, previous={"train": BEFORE, "eval": BEFORE})
    assert str(caught.value).splitlines()[1:-1] == [
        "  - split 'eval', feature 'age': drift from the span accepted before it: Jensen-Shannon divergence "
        f"{_age():.3f}, at most 0.1 is allowed; mean 39.5 → 2,370, median 40 → 2,400, min 20 → 1,200, max 59 → 3,540"
    ]


def _age() -> float:
    _, age = distances("eval", "drift", statistics(SECONDS), statistics(BEFORE), SPEC)
    return age.value


def test_skew_is_measured_against_unlabelled_rows(gate: Gate) -> None:
    served = rows({"War": 10, "Drama": 60, "Comedy": 130}, label=False)
    with pytest.raises(GateError, match=r"feature 'genre': skew from the serving data: L-infinity distance 0\.450, at"):
        gate({}, statistics={"train": BEFORE}, serving={"serving": served})


def test_what_may_drift_by_the_settings_is_a_warning(gate: Gate) -> None:
    verdict = gate({"features": {"genre": "warn"}}, statistics={"train": MOVED}, previous={"train": BEFORE})
    [warning] = verdict["warnings"]
    assert warning.startswith("split 'train', feature 'genre': drift from the span accepted before it: ")
    assert [(distance["feature"], distance["kind"], distance["limit"]) for distance in verdict["distances"]] == [
        ("genre", "drift", 0.2),
        ("age", "drift", 0.1),
    ]


def test_a_split_that_the_span_before_had_not_is_not_compared(gate: Gate) -> None:
    assert gate({}, statistics={"eval": MOVED}, previous={"train": BEFORE})["distances"] == []
