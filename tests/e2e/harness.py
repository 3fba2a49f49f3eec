"""Small real slices of the data sets, and what became of their runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
import yaml
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Slice:
    """A pipeline file whose data is a slice."""

    pipeline: Path
    data: Path


@dataclass(frozen=True)
class Ran:
    """A finished `widedeep run`."""

    code: int
    stdout: str
    stderr: str
    result: dict[str, Any] | None

    @property
    def states(self) -> dict[str, str]:
        assert self.result is not None, self.stderr
        return {node["id"]: node["state"] for node in self.result["components"]}


# What any model of a slice holds.
LOOSE = "evaluation={bounds: {auc: {at_least: 0.1}}, beat_base_rate: false}"


@dataclass(frozen=True)
class Pushed:
    """A slice, the working directory of its one run, and the run; all of it lies in one folder."""

    slice: Slice
    workdir: Path
    ran: Ran


def latest(workdir: Path, node: str, output: str) -> Path:
    """What the node's last execution wrote."""
    # Beside the executions' folders lies one for killed trainings.
    executions = [path for path in (workdir / "artifacts" / node / output).iterdir() if path.name.isdecimal()]
    return max(executions, key=lambda path: int(path.name))


# The features of slices: a run's time grows with them more than with its rows.
KEYS = {
    "census": {"age", "education", "education_num", "occupation", "sex", "hours_per_week"},
    "movielens": {"user_id", "age", "movie_id"},
    "taxi": {"trip_miles", "trip_start_hour", "pickup_community_area", "payment_type", "company"},
}


def settings_beside(name: str, data: Path, folder: Path, keys: Collection[str] = ()) -> Slice:
    """A copy of the checked-in settings beside which `data` lies, with some features or all of them."""
    for file in (ROOT / "schema" / name).iterdir():
        (folder / file.name).write_text(file.read_text())
    if keys:
        keep(folder, keys)
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace(f"../../data/{name}", str(data)))
    assert str(data) in pipeline.read_text()
    return Slice(pipeline, data)


def keep(folder: Path, keys: Collection[str]) -> None:
    """Leaves some features in a folder's settings, and the crosses that have no others."""
    settings = yaml.safe_load((folder / "pipeline.yaml").read_text())
    if of_features := settings.get("gate", {}).get("features"):
        settings["gate"]["features"] = {key: action for key, action in of_features.items() if key in keys}
        (folder / "pipeline.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    declared = yaml.safe_load((folder / "features.yaml").read_text())
    declared["features"] = [feature for feature in declared["features"] if feature["key"] in keys]
    declared["crosses"] = [cross for cross in declared["crosses"] if set(cross["keys"]) <= set(keys)]
    (folder / "features.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    schema = text_format.Parse((folder / "schema.pbtxt").read_text(), schema_pb2.Schema())
    others = [feature.name for feature in schema.feature if feature.name not in {*keys, declared["label"]["key"]}]
    for index in reversed(range(len(schema.feature))):
        if schema.feature[index].name in others:
            del schema.feature[index]
    (folder / "schema.pbtxt").write_text(text_format.MessageToString(schema))


def csv_slice(name: str, rows: dict[str, int], tmp_path: Path, whole: Path) -> Slice:
    data = tmp_path / f"{name}-data"
    for split, count in rows.items():
        (data / split).mkdir(parents=True)
        lines = (whole / split / "data.csv").read_text().splitlines(keepends=True)
        (data / split / "data.csv").write_text("".join(lines[: count + 1]))
    (tmp_path / "settings").mkdir()
    return settings_beside(name, data, tmp_path / "settings", KEYS[name])


# A split of `test`'s rows, but for their labels.
FEW_POSITIVES = "rare"


def add_few_positives(slice_: Slice) -> None:
    """Adds a split of a CSV slice in which two rows alone have label 1."""
    header, *lines = (slice_.data / "test" / "data.csv").read_text().splitlines()
    label, positives, rows = header.split(",").index("label"), 0, []
    for line in lines:
        cells = line.split(",")
        positives += cells[label] == "1"
        cells[label] = cells[label] if positives <= 2 else "0"
        rows.append(",".join(cells))
    (slice_.data / FEW_POSITIVES).mkdir()
    (slice_.data / FEW_POSITIVES / "data.csv").write_text("\n".join([header, *rows]) + "\n")
    settings = yaml.safe_load(slice_.pipeline.read_text())
    settings["data"]["splits"][FEW_POSITIVES] = f"{FEW_POSITIVES}/*"
    slice_.pipeline.write_text(yaml.safe_dump(settings, sort_keys=False))


def score(model: str, rows: list[dict[str, list[Any]]]) -> list[Any]:
    """What a pushed model serves for raw rows: a number each, or each class's."""
    served = tf.saved_model.load(model).signatures["serving_default"]
    scores: list[Any] = served(examples=tf.constant([_example(row) for row in rows]))["score"].numpy().tolist()
    return scores


def _example(row: dict[str, list[Any]]) -> bytes:
    built = tf.train.Example()
    for key, values in row.items():
        if isinstance(values[0], float):
            built.features.feature[key].float_list.value.extend(values)
        else:
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in values)
    return bytes(built.SerializeToString())
