"""How Transform's columns are laid out for the Trainer: what reading them costs in each form.

Reads the transformed MovieLens examples of a run and writes them again as one column a feature and as packed ids, as
TFRecords (compressed or not) and as Parquet; then reads each form to the end, in turn.

    python -m benchmarks run layouts [--workdir work/movielens] [--rounds 5]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from benchmarks.harness.figures import Figure, print_figures
from widedeep.components.transform import packed_columns

_BATCH, _PARSED_ROWS = 256, 4096


@click.command()
@click.option("--workdir", type=click.Path(path_type=Path), default=Path("work/movielens"), show_default=True)
@click.option("--rounds", default=5, show_default=True, help="How often each form is read.")
def main(workdir: Path, rounds: int) -> None:
    """Prints a line a form, and the figures."""
    paths = sorted((workdir / "artifacts/Transform/transformed_examples").glob("*/Split-train/*.gz"))
    if not paths:
        raise click.ClickException(
            f"{workdir}: no transformed examples. Run: widedeep run schema/movielens/pipeline.yaml"
        )
    with tempfile.TemporaryDirectory() as folder:
        forms = _forms([str(path) for path in paths], Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in forms}
        for _ in range(rounds):
            for name, read in forms.items():
                started = time.monotonic()
                read()
                seconds[name].append(time.monotonic() - started)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    for name, median in medians.items():
        click.echo(f"{name:<48} {median:.3f} s", err=True)
    kept, other = "packed, TFRecord gzip, 4096 rows at a time", "columns, TFRecord gzip, 256 rows at a time"
    print_figures(
        [
            Figure(
                name="reading the train split in the form that is kept",
                value=medians[kept] / medians[other],
                unit="of the seconds of one column a feature, a batch at a time",
                goal="<= 0.5",
                against="; ".join(name for name in medians if name != kept),
                details={"medians": medians, "seconds": seconds},
            )
        ]
    )


def _forms(packed: list[str], folder: Path) -> dict[str, Callable[[], Any]]:
    """A function for each form that reads it all."""
    [data] = tf.data.TFRecordDataset(packed, "GZIP").batch(10_000_000)
    [dense] = tf.io.parse_example(data[:1], {packed_columns.DENSE: tf.io.VarLenFeature(tf.float32)})[
        packed_columns.DENSE
    ].dense_shape[1:]
    parsing = {
        packed_columns.IDS: tf.io.RaggedFeature(tf.int64),
        packed_columns.DENSE: tf.io.FixedLenFeature([int(dense)], tf.float32),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    rows = tf.io.parse_example(data, parsing)
    ids, splits = rows[packed_columns.IDS].values.numpy(), rows[packed_columns.IDS].row_splits.numpy()
    owner = np.repeat(np.arange(len(splits) - 1), np.diff(splits))
    by_column = _by_column(ids, owner, rows)
    sparse = {name: tf.io.VarLenFeature(tf.int64) for name in by_column if name.startswith("column")}
    floats = {name: tf.io.FixedLenFeature([], tf.float32) for name in by_column if name.startswith("dense")}
    apart = {**sparse, **floats, "label": tf.io.FixedLenFeature([], tf.int64)}
    together = parsing | {packed_columns.IDS: tf.io.VarLenFeature(tf.int64)}
    forms: dict[str, Callable[[], Any]] = {}
    for compression in ("GZIP", ""):
        kind = "gzip" if compression else "plain"
        wide, narrow = str(folder / f"columns.{kind}"), str(folder / f"packed.{kind}")
        _write(wide, compression, by_column, len(splits) - 1)
        with tf.io.TFRecordWriter(narrow, compression) as writer:
            for record in data.numpy():
                writer.write(record)
        for size in (_BATCH, _PARSED_ROWS):
            label = f"TFRecord {kind}, {size} rows at a time"
            forms[f"columns, {label}"] = _reader(wide, compression, apart, size)
            forms[f"packed, {label}"] = _reader(narrow, compression, together, size)
    table = pa.table({"ids": pa.LargeListArray.from_arrays(splits, ids), "label": rows["label"].numpy()})
    table = table.append_column(
        "dense", pa.FixedSizeListArray.from_arrays(rows["dense"].numpy().reshape(-1), int(dense))
    )
    for codec in ("none", "snappy", "zstd"):
        path = str(folder / f"{codec}.parquet")
        pq.write_table(table, path, compression=codec)
        forms[f"packed, Parquet {codec}, whole"] = partial(_read_parquet, path)
    return forms


def _read_parquet(path: str) -> Any:
    return pq.read_table(path)["ids"].combine_chunks()


def _by_column(ids: np.ndarray, owner: np.ndarray, rows: dict[str, Any]) -> dict[str, list[np.ndarray]]:
    """For each column, each example's values."""
    examples = int(rows["label"].shape[0])
    columns: dict[str, list[np.ndarray]] = {}
    column = ids >> packed_columns.ID_BITS
    for number in np.unique(column):
        mine = column == number
        ends = np.searchsorted(owner[mine], np.arange(1, examples))
        columns[f"column_{number}"] = np.split(ids[mine] & (2**packed_columns.ID_BITS - 1), ends)
    for number, values in enumerate(rows[packed_columns.DENSE].numpy().T):
        columns[f"dense_{number}"] = list(values[:, None])
    columns["label"] = list(rows["label"].numpy()[:, None])
    return columns


def _write(path: str, compression: str, by_column: dict[str, list[np.ndarray]], examples: int) -> None:
    with tf.io.TFRecordWriter(path, compression) as writer:
        for row in range(examples):
            example = tf.train.Example()
            for name, values in by_column.items():
                feature = example.features.feature[name]
                is_float = values[row].dtype.kind == "f"
                (feature.float_list if is_float else feature.int64_list).value.extend(values[row])
            writer.write(example.SerializeToString())


def _reader(path: str, compression: str, parsing: dict[str, Any], size: int) -> Callable[[], None]:
    data = tf.data.TFRecordDataset(path, compression).batch(size)
    parsed = data.map(lambda serialized: tf.io.parse_example(serialized, parsing), tf.data.AUTOTUNE).prefetch(2)

    def read() -> None:
        for _ in parsed:
            pass

    return read


if __name__ == "__main__":
    main()
