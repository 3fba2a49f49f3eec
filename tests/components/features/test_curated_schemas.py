"""schema/*/schema.pbtxt: in step with features.yaml, and true of the real data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from widedeep.components import features
from widedeep.components.features import schema as schemas
from widedeep.components.ingest import raw_files
from widedeep.pipeline.datasets import NAMES, prepare
from widedeep.pipeline.definition import config

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def real_data(tmp_path_factory: pytest.TempPathFactory):
    """Gives the folder of a data set: the one that `widedeep data` has made, or one made now."""

    @cache
    def folder(name: str) -> Path:
        made = REPOSITORY / "data" / name
        return made if made.is_dir() else prepare(name, tmp_path_factory.mktemp(name) / name).out

    return folder


def curated(name: str) -> tuple[features.FeatureSpec, schema_pb2.Schema]:
    folder = REPOSITORY / "schema" / name
    return features.load(folder / "features.yaml"), schemas.read(folder / "schema.pbtxt")


def statistics(table: pa.Table, schema: schema_pb2.Schema) -> statistics_pb2.DatasetFeatureStatisticsList:
    [batch] = table.combine_chunks().to_batches()
    return stats_impl.generate_statistics_in_memory(batch, tfdv.StatsOptions(schema=schema))


@pytest.mark.parametrize("name", [*NAMES, "frappe"])
def test_in_step_with_the_declaration(name: str) -> None:
    spec, schema = curated(name)
    assert schemas.disagreements(spec, schema) == []


@pytest.mark.parametrize("name", [*NAMES, "frappe"])
def test_every_domain_is_used(name: str) -> None:
    _, schema = curated(name)
    used = {feature.domain for feature in schema.feature if feature.domain}
    assert {domain.name for domain in schema.string_domain} == used


@pytest.mark.parametrize("split", ["train", "eval", "test"])
@pytest.mark.parametrize("name", NAMES)
def test_real_data_has_no_anomaly(name: str, split: str, real_data) -> None:
    spec, schema = curated(name)
    settings = config.load(REPOSITORY / "schema" / name / "pipeline.yaml")
    [path] = (real_data(name) / split).iterdir()
    table = pa.Table.from_batches(raw_files.read(str(path), settings.data.format, spec))
    anomalies = tfdv.validate_statistics(statistics(table, schema), schema)
    assert {feature: info.description for feature, info in anomalies.anomaly_info.items()} == {}


@pytest.mark.parametrize(
    ("name", "feature", "good", "bad"),
    [
        ("movielens", "gender", [[b"F"], [b"M"]], [[b"F"], [b"female"]]),
        ("movielens", "age", [[7.0], [73.0]], [[7.0], [121.0]]),
        ("movielens", "genres", [[b"War"] * 49, [b"Anime"]], [[b"War"] * 48, [b"Anime", b"New"]]),
        ("movielens", "occupation", [[b"writer"]] * 9 + [None], [[b"writer"]] * 8 + [None] * 2),
        ("census", "sex", [[b"Male"], [b"Female"]], [[b"male"], [b"Female"]]),
        ("census", "education_num", [[1.0], [16.0]], [[0.0], [16.0]]),
        ("census", "workclass", [[b"Private"]] * 4 + [None], [[b"Private"]] * 3 + [None] * 2),
        ("taxi", "trip_start_hour", [[b"0"], [b"23"]], [[b"0"], [b"24"]]),
        ("taxi", "payment_type", [[b"Cash"]] * 19 + [[b"Mobile"]], [[b"Cash"]] * 18 + [[b"Mobile"]] * 2),
        ("taxi", "pickup_latitude", [[41.9], [41.8]], [[41.9], [-87.6]]),
    ],
)
def test_limits_bite(name: str, feature: str, good: list, bad: list) -> None:
    """Exactly at a limit data passes, and one value beyond it does not."""
    _, schema = curated(name)
    for values, expected in ((good, set()), (bad, {feature})):
        kind = pa.float32() if isinstance(values[0][0], float) else pa.binary()
        anomalies = tfdv.validate_statistics(
            statistics(pa.table({feature: pa.array(values, pa.list_(kind))}), schema), schema
        )
        # All other columns are missing here.
        assert set(anomalies.anomaly_info) & {feature} == expected


@pytest.mark.parametrize("name", [*NAMES, "frappe"])
def test_label_is_not_served(name: str) -> None:
    spec, schema = curated(name)
    [label] = [feature for feature in schema.feature if feature.name == spec.label.key]
    assert list(label.not_in_environment) == ["SERVING"]
    assert (label.int_domain.min, label.int_domain.max) == (0, 1)
