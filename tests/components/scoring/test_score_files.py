"""Whole files are scored on Beam: by the formula, as a server does it, in order, by one worker or several."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as sklearn_metrics
from small_model import SmallModel

from widedeep.components import features
from widedeep.components.common.errors import ConfigError, DataError, WideDeepError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.scoring.job import Watch, score_files
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.score_record import ScoreRecord
from widedeep.components.scoring.segments import SegmentWriter
from widedeep.components.scoring.served_scores import ServedScores
from widedeep.components.scoring.work import Plan

COLORS = ("red", "green", "blue", "grey")
ROWS = 70_000


@pytest.fixture
def scored(model: Path, spec: FeatureSpec, tmp_path: Path) -> Callable[..., ScoreRecord]:
    """scored(paths, out, ...) scores files in this process."""
    plan = Plan(
        model=str(model),
        spec=features.to_json(spec),
        file_format="csv",
        dialect=PLAIN,
        keep=(),
        measure=False,
        leave_out=False,
        threads=2,
        folder="",
    )

    def score(
        paths: Sequence[str], out: str, parts: int = 1, skip_bad: Path | None = None, **changed: Any
    ) -> ScoreRecord:
        output = Output.named(str(tmp_path / out), force=False)
        changed["leave_out"] = skip_bad is not None
        watch = Watch(lambda folder: None, lambda rows: None)
        arguments = ["--runner=widedeep.components.common.process.direct_engine.DirectEngine"]
        return score_files(replace(plan, **changed), paths, parts, output, skip_bad, arguments, watch)

    return score


def drawn(rows: int, seed: int = 1) -> dict[str, list[Any]]:
    """Random rows, in which every feature but the required one is missing at times, with labels by the formula."""
    random = np.random.default_rng(seed)
    x = [
        None if missing else float(np.float32(value))
        for missing, value in zip(random.random(rows) < 0.1, random.normal(size=rows), strict=True)
    ]
    color = [COLORS[number] for number in random.integers(len(COLORS), size=rows)]
    tags = [[f"t{number}" for number in range(count)] for count in random.integers(4, size=rows)]
    chance = [expected(*row) for row in zip(x, color, tags, strict=True)]
    return {"x": x, "Colour": color, "tags": tags, "clicked": [int(value) for value in random.random(rows) < chance]}


def expected(x: float | None, color: str, tags: Sequence[str]) -> float:
    return SmallModel.score(math.nan if x is None else x, color, tags, bias=0.0)


def as_csv(columns: dict[str, list[Any]], path: Path) -> str:
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            lines.writerow(["|".join(value) if isinstance(value, list) else value for value in row])
    return str(path)


def test_rows_keep_their_order_however_many_workers_share_a_file(
    scored: Callable[..., ScoreRecord], tmp_path: Path
) -> None:
    columns = drawn(ROWS)
    path = tmp_path / "rows.parquet"
    # Small row groups, so that there are several segments.
    pq.write_table(pa.table(columns), path, row_group_size=5_000)
    for parts, out in ((1, "one.parquet"), (3, "three.parquet")):
        record = scored([str(path)], out, parts, file_format="parquet", keep=("x", "tags"))
        assert (record.rows, record.aside, record.absent, record.metrics) == (ROWS, 0, {}, {})
    table, other = pq.read_table(tmp_path / "one.parquet"), pq.read_table(tmp_path / "three.parquet")
    assert table.equals(other)
    assert table.column_names == ["x", "tags", "score"]
    assert table.column("x").to_pylist() == columns["x"]
    by_formula = [expected(*row) for row in zip(columns["x"], columns["Colour"], columns["tags"], strict=True)]
    np.testing.assert_allclose(table.column("score").to_numpy(), by_formula, atol=1e-6)


def test_files_of_other_forms_and_without_columns(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path
) -> None:
    paths = [write("a.csv", "Colour;x\nred;1\nblue;n/a\n"), str(tmp_path / "b.csv")]
    # Packed, with the columns in another order, and one in the name of the folder.
    with gzip.open(paths[1], "wt") as file:
        file.write("tags;Colour\np|q;green\n")
    record = scored(paths, "scores.csv", dialect=CsvDialect(delimiter=";", null_values=("n/a",)))
    assert (record.rows, record.absent) == (3, {"tags": 1, "x": 1})
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["row"]) for row in rows] == [(paths[0], "1"), (paths[0], "2"), (paths[1], "1")]
    by_formula = [expected(1.0, "red", ()), expected(None, "blue", ()), expected(None, "green", ("p", "q"))]
    np.testing.assert_allclose([float(row["score"]) for row in rows], by_formula, atol=1e-6)


def test_tf_examples_and_a_column_in_the_folders_name(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path
) -> None:
    import tensorflow as tf

    path = write("rows.tfrecord", "")
    with tf.io.TFRecordWriter(path) as records:
        for row in ((1.0, "red", ["a"]), (None, None, ()), (None, "blue", ())):
            example = tf.train.Example.FromString(SmallModel.example(*row))
            if "color" in example.features.feature:
                example.features.feature["Colour"].CopyFrom(example.features.feature.pop("color"))
            records.write(example.SerializeToString())
    bad = tmp_path / "bad.jsonl"
    record = scored([path], "a.jsonl", skip_bad=bad, file_format="tfrecord", keep=("Colour",))
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["Colour"] for line in lines] == ["red", "blue"]
    assert [line["score"] for line in lines] == pytest.approx([expected(1.0, "red", "a"), expected(None, "blue", ())])
    assert (record.rows, record.aside) == (2, 1)
    in_folder = write("Colour=green/rows.csv", "x\n1\n")
    scored([in_folder], "b.jsonl", keep=("Colour",))
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {
        "Colour": "green",
        "score": pytest.approx(expected(1.0, "green", ())),
    }


def test_json_lines(scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path) -> None:
    path = write("rows.jsonl", '{"Colour": "red", "tags": ["a", "b"], "id": 7}\n{"Colour": "blue"}\n')
    record = scored([path], "a.jsonl", file_format="jsonl", keep=("id", "tags"))
    first, second = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert (first["id"], second["id"], record.absent) == (7, None, {"x": 1})
    assert (first["tags"], second["tags"]) == (["a", "b"], None)
    assert [first["score"], second["score"]] == pytest.approx([expected(None, "red", "ab"), expected(None, "blue", ())])
    with pytest.raises(DataError, match=r"rows.jsonl: there is no column 'ident' to keep: "):
        scored([path], "b.jsonl", file_format="jsonl", keep=("ident",))


def test_the_metrics_are_those_of_another_library(scored: Callable[..., ScoreRecord], tmp_path: Path) -> None:
    columns = drawn(4_000)
    columns["clicked"][:100] = [""] * 100
    record = scored([as_csv(columns, tmp_path / "rows.csv")], "scores.parquet", 2, measure=True)
    assert (record.rows, record.unlabelled) == (4_000, 100)
    label = columns["clicked"][100:]
    score = pq.read_table(tmp_path / "scores.parquet").column("score").to_numpy()[100:]
    by_sklearn = {
        "auc": sklearn_metrics.roc_auc_score(label, score),
        "auc_pr": sklearn_metrics.average_precision_score(label, score),
        "logloss": sklearn_metrics.log_loss(label, score.astype(float)),
        "accuracy": sklearn_metrics.accuracy_score(label, score > 0.5),
        "calibration": np.sum(score.astype(float)) / np.sum(label),
    }
    values = {name: metric.value for name, metric in record.metrics.items()}
    assert list(values) == list(by_sklearn)
    # Areas are as fine as the scores' bins.
    assert values == {name: pytest.approx(value, abs=2e-4) for name, value in by_sklearn.items()}
    for metric in record.metrics.values():
        assert metric.low is not None
        assert metric.high is not None
        assert metric.value is not None
        assert metric.low < metric.value < metric.high


def test_rows_that_cant_be_scored_are_told_or_written_aside(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path
) -> None:
    path = write("rows.csv", "id,x,Colour\n1,1,red\n2,old,red\n3,,\n4,,blue\n")
    with pytest.raises(DataError, match=r"rows.csv, row 2, column 'x': 'old' is not a number. To leave such rows out"):
        scored([path], "a.csv")
    assert not (tmp_path / "a.csv").exists()
    bad = tmp_path / "bad.jsonl"
    record = scored([path], "a.csv", skip_bad=bad, keep=("id",))
    assert (record.rows, record.aside) == (2, 2)
    assert record.first_fault == f"{path}, row 2, column 'x': 'old' is not a number."
    assert [line.partition(",")[0] for line in (tmp_path / "a.csv").read_text().splitlines()] == ["id", "1", "4"]
    first, second = map(json.loads, bad.read_text().splitlines())
    assert first == {
        "file": path,
        "row": 2,
        "column": "x",
        "reason": "'old' is not a number",
        "values": {"id": "2", "x": "old", "Colour": "red", "tags": None},
    }
    assert (second["row"], second["column"]) == (3, "Colour")


@pytest.mark.parametrize(
    ("name", "text", "faults"),
    [
        (
            "rows.csv",
            'Colour,x\nred,1\n"a\n,b",2,3,4\n\nblue,2\nred\ngrey,3\n',
            [
                (
                    2,
                    '"a\n,b",2,3,4',
                    "has 4 fields, and the header 2: '\"a\\n,b\",2,3,4'; a field with a comma or a line",
                ),
                (4, "red", "has 1 fields, and the header 2: 'red'; a field with a comma or a line break in it needs"),
            ],
        ),
        (
            "rows.csv",
            'Colour,x\nred,1\n"27" TV",2\nblue,3\nred,"4" or 5\ngreen,6\n',
            [
                (2, '"27" TV",2', "column 'Colour': a quote is neither doubled nor followed by the delimiter"),
                (4, 'red,"4" or 5', "column 'x': a quote is neither doubled nor followed by the delimiter"),
            ],
        ),
        (
            "rows.jsonl",
            '{"Colour": "red"}\n{"Colour": "red"\n\n{"Colour": "blue"}\n[1]\n{"Colour": "grey"}',
            [
                (
                    2,
                    '{"Colour": "red"',
                    'is no JSON (unexpected end of data): \'{"Colour": "red"\'. Is data.format right',
                ),
                (4, "[1]", "[1] is a list, and an object a line is needed, whose keys are the columns"),
            ],
        ),
    ],
)
def test_rows_that_are_no_rows_are_written_aside(
    scored: Callable[..., ScoreRecord],
    write: Callable[..., str],
    tmp_path: Path,
    name: str,
    text: str,
    faults: list[tuple[int, str, str]],
) -> None:
    """With their whole text; those behind them keep their numbers."""
    bad, path = tmp_path / "bad.jsonl", write(name, text)
    with pytest.raises(DataError, match="row 2"):
        scored([path], "a.parquet", file_format=path.rpartition(".")[2])
    record = scored([path], "a.parquet", skip_bad=bad, file_format=path.rpartition(".")[2])
    assert (record.rows, record.aside) == (3, 2)
    assert pq.read_table(tmp_path / "a.parquet").column("row").to_pylist() == [1, 3, 5]
    for line, (row, whole, reason) in zip(map(json.loads, bad.read_text().splitlines()), faults, strict=True):
        assert (line["row"], line["column"], line["line"]) == (row, None, whole)
        assert line["reason"].startswith(reason)
        assert "values" not in line


def test_a_full_disk_is_told(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*unused: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = write("rows.csv", "Colour\nred\n")
    message = f"^--out {tmp_path}/a.csv: the disk is full. Free some space; nothing was written.$"
    for place in (Output, SegmentWriter):
        with monkeypatch.context() as patch:
            patch.setattr(place, "write", full)
            with pytest.raises(WideDeepError, match=message):
                scored([path], "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_without_a_row_to_score_nothing_is_written(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    paths = [write("a.csv", "Colour\n"), write("b.csv", "Colour,x\n,1\n")]
    with pytest.raises(DataError, match=r"a.csv and 1 more: none of the 1 rows can be scored. .*b.csv, row 1, column"):
        scored(paths, "a.parquet", skip_bad=bad)
    with pytest.raises(DataError, match=r"a.csv: the file has no rows."):
        scored(paths[:1], "a.parquet")
    assert not bad.exists()
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize(
    ("text", "keep", "message"),
    [
        ("x,Color\n1,red\n", (), "there is no column 'Colour', which features.yaml declares: did you mean 'Color'"),
        ("Colour\nred\n", ("ident",), "there is no column 'ident' to keep: known are: Colour"),
        ("a,b\n,\n", (), "has none of the model's columns, Colour, tags, x, but a, b."),
    ],
)
def test_columns_that_cant_be_missing(
    scored: Callable[..., ScoreRecord], write: Callable[..., str], text: str, keep: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        scored([write("a.csv", text)], "a.csv.csv", keep=keep)


@pytest.fixture
def server(model: Path) -> Iterator[Callable[[list[bytes]], np.ndarray]]:
    """Asks the stand-in for scores."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    from widedeep.serving.standin.models.model_configs import single
    from widedeep.serving.standin.server import Options, Server

    started = Server(single("small", model.parent), Options(port=0, rest_port=0))
    started.start()
    with grpc.insecure_channel(f"localhost:{started.port}") as channel:

        def ask(examples: list[bytes]) -> np.ndarray:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "small"
            request.inputs["examples"].CopyFrom(tf.make_tensor_proto(examples))
            answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=60)
            return np.asarray(tf.make_ndarray(answer.outputs["score"]))

        yield ask
    started.stop(5)


def test_scores_are_the_servers(
    scored: Callable[..., ScoreRecord], server: Callable[[list[bytes]], np.ndarray], tmp_path: Path
) -> None:
    columns = drawn(3_000, seed=2)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    scored([str(path)], "scores.parquet", file_format="parquet")
    rows = zip(columns["x"], columns["Colour"], columns["tags"], strict=True)
    asked = server([SmallModel.example(*row) for row in rows])
    scores = pq.read_table(tmp_path / "scores.parquet").column("score").to_numpy()
    np.testing.assert_allclose(scores, asked, atol=1e-6)


def write_linear(folder: Path, label: dict[str, Any]) -> tuple[str, str]:
    """A model whose score is 2 x, or of a label with classes the softmax of (x, 0, -x); and its declaration."""
    import tensorflow as tf

    class Linear(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def serve(self, examples: Any) -> Any:
            parsed = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([], tf.float32, 0.0)})["x"]
            return {
                "score": tf.nn.softmax(tf.stack([parsed, 0 * parsed, -parsed], 1)) if "classes" in label else 2 * parsed
            }

    model = Linear()
    tf.saved_model.save(model, str(folder), signatures={"serving_default": model.serve})
    x = {"key": "x", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
    return str(folder), features.to_json(FeatureSpec.model_validate({"label": label, "features": [x]}))


def test_regressions(scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path) -> None:
    model, declared = write_linear(tmp_path / "1", {"key": "y", "kind": "regression"})
    path = write("rows.csv", "x,y\n1,3\n0.5,0\n-2,-4\n")
    record = scored([path], "a.csv", model=model, spec=declared, measure=True, keep=("x",))
    assert (tmp_path / "a.csv").read_text() == "x,score\n1,2\n0.5,1\n-2,-4\n"
    # Errors 1, -1 and 0; the sum of the scores is -1, and that of the labels too.
    values = {name: metric.value for name, metric in record.metrics.items()}
    assert values == pytest.approx({"rmse": math.sqrt(2 / 3), "mae": 2 / 3, "calibration": 1.0})


def test_classes(scored: Callable[..., ScoreRecord], write: Callable[..., str], tmp_path: Path) -> None:
    model, declared = write_linear(tmp_path / "1", {"key": "y", "kind": "multiclass", "classes": 3})
    path = write("rows.csv", "x,y\n1,0\n-3,0\n")
    record = scored([path], "a.parquet", model=model, spec=declared, measure=True)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["file", "row", "class", "score_0", "score_1", "score_2"]
    assert table.column("class").to_pylist() == [0, 2]
    chances = [np.exp([x, 0, -x]) / np.exp([x, 0, -x]).sum() for x in (1.0, -3.0)]
    for number in range(3):
        expected_ = [chance[number] for chance in chances]
        np.testing.assert_allclose(table.column(f"score_{number}").to_numpy(), expected_, rtol=1e-5)
    values = {name: metric.value for name, metric in record.metrics.items()}
    losses = -np.log([chance[0] for chance in chances])
    assert values == pytest.approx({"logloss": losses.mean(), "accuracy": 0.5}, rel=1e-5)


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the model can't be loaded: SavedModel file does not exist"):
        ServedScores(str(tmp_path))
