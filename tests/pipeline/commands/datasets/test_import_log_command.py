"""widedeep import-log: what a side-car recorded is what the stand-in itself would have logged."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from click.testing import CliRunner
from small_model import SmallModel
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.commands.datasets.import_log import command
from widedeep.serving.client.signature import Feature
from widedeep.serving.prediction_logs import PredictionLogs
from widedeep.serving.request_log import RequestLog
from widedeep.serving.request_log.log_files import LogFiles
from widedeep.serving.request_log.log_rows import rows as log_rows
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.observation.ranking_log import RankingLog

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("rank", {"color": ["red", ""], "x": [[0.0, 3.0], [1.0, math.nan]], "tags": [["a", ""], ["b", "c"]]}),
    ("predict_raw", {"x": [1.0]}),
    # What is not named is missing.
    ("rank", {"x": [[2.0, 1.0, 0.5]]}),
]
MOMENT = datetime(2026, 11, 29, 23, 59, tzinfo=UTC).timestamp()


def rows(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.rglob("*.parquet"), key=lambda path: path.parent.name)
    return pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths).to_pylist()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SmallModel.write(tmp_path_factory.mktemp("models") / "7")


def recorded(model: Path, log: RequestLog) -> list[PredictionLog]:
    """The requests with their answers, as a side-car records them, two minutes apart; the stand-in logs them, too."""
    servable, by_standin = Servable("small", 7, model), RankingLog(log)
    records = []
    for number, (signature, inputs) in enumerate(REQUESTS):
        request = PredictRequest()
        request.model_spec.signature_name = signature
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
        record = PredictionLog()
        record.predict_log.response.CopyFrom(by_standin.predict(servable, request, servable.run))
        request.inputs["log_time"].CopyFrom(tf.make_tensor_proto(MOMENT + 120 * number, tf.float64))
        request.inputs["log_request_id"].CopyFrom(tf.make_tensor_proto(f"r{number}"))
        record.predict_log.request.CopyFrom(request)
        records.append(record)
    return records


def write(path: Path, records: list[PredictionLog], compression: str = "") -> Path:
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record.SerializeToString())
    return path


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_records_become_the_rows_that_the_stand_in_logs(model: Path, tmp_path: Path, compression: str) -> None:
    with RequestLog(tmp_path / "standin") as log:
        records = recorded(model, log)
    path = write(tmp_path / "records", records, compression)
    done = CliRunner().invoke(command, [str(path), "--model", str(model), "--out", str(tmp_path / "log")])
    assert done.exit_code == 0, done.exception
    assert done.output == f"3 requests in {tmp_path / 'log'}; other records: 1\n"
    logged, wanted = rows(tmp_path / "log"), rows(tmp_path / "standin")
    own = ("log_time", "log_request_id")
    assert repr([{k: v for k, v in row.items() if k not in own} for row in logged]) == repr(
        [{k: v for k, v in row.items() if k not in own} for row in wanted]
    )
    assert [row["log_request_id"] for row in logged] == ["r0-0", "r0-0", "r0-1", "r0-1", "r2", "r2", "r2"]
    assert [row["log_time"].timestamp() for row in logged] == [MOMENT] * 4 + [MOMENT + 240] * 3
    days = sorted(path.name for path in (tmp_path / "log").glob("log_day=*"))
    assert days == ["log_day=2026-11-29", "log_day=2026-11-30"]


def test_what_a_request_does_not_name_is_missing(tmp_path: Path) -> None:
    known = {
        "age": Feature("age", "user", "number", required=False),
        "apps": Feature("apps", "user", "set", required=False),
        "price": Feature("price", "candidate", "number", required=False),
        "x": Feature("x", "candidate", "text", required=True),
    }
    record = PredictionLog()
    request, response = record.predict_log.request, record.predict_log.response
    request.model_spec.signature_name = "rank"
    for name, values in {"x": [[b"a", b"b"]], "log_time": MOMENT, "log_request_id": b"r"}.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    response.outputs["score"].CopyFrom(tf.make_tensor_proto([[0.25, 0.5]]))
    [entry] = PredictionLogs(known).entries(write(tmp_path / "records", [record]))
    LogFiles(tmp_path / "log", 1 << 30).write(log_rows([entry]), entry.seconds)
    columns = ("log_request_id", "log_model_version", "log_rank", "log_score", *known)
    assert [[row[name] for name in columns] for row in rows(tmp_path / "log")] == [
        ["r", None, 2, 0.25, None, None, None, "a"],
        ["r", None, 1, 0.5, None, None, None, "b"],
    ]


def test_what_can_t_be_read_is_named(model: Path, tmp_path: Path) -> None:
    with RequestLog(tmp_path / "standin") as log:
        [first, *_] = recorded(model, log)
    del first.predict_log.request.inputs["log_time"]
    path = write(tmp_path / "records", [first])
    done = CliRunner().invoke(command, [str(path), "--model", str(model), "--out", str(tmp_path / "log")])
    assert isinstance(done.exception, DataError)
    assert str(done.exception) == (
        f"{path}: record 1 can't be read as a PredictionLog of this model: it has no input 'log_time', which the "
        "side-car adds to what it logs."
    )
    assert not (tmp_path / "log").exists()
    path.write_text("no records of TensorFlow, as anybody sees")
    done = CliRunner().invoke(command, [str(path), "--model", str(model), "--out", str(tmp_path / "log")])
    assert isinstance(done.exception, DataError)
    assert str(done.exception).startswith(f"{path}: record 1 can't be read as a PredictionLog of this model: ")
    done = CliRunner().invoke(command, [str(path), "--model", str(model.parent), "--out", str(tmp_path / "log")])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == f"{model.parent}: has no model: give the folder of a version, as work/shop/models/1."
