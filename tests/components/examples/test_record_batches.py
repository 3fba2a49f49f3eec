"""Files of tf.Examples as record batches: all rows in order, and a work item a file that any worker may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import tensorflow as tf
from apache_beam.testing.util import assert_that, equal_to
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts

from widedeep.components.common.errors import DataError
from widedeep.components.examples.record_batches import BATCH_ROWS, ReadBatches, batches
from widedeep.components.examples.split_files import split_files

ENGINE = "widedeep.components.common.process.direct_engine.DirectEngine"
SCHEMA = text_format.Parse(
    """feature {name: "n" type: INT presence {min_fraction: 1}} feature {name: "city" type: BYTES}""",
    schema_pb2.Schema(),
)


def write(path: Path, numbers: range) -> str:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for number in numbers:
            example = tf.train.Example()
            example.features.feature["n"].int64_list.value.append(number)
            if number % 2:
                example.features.feature["city"].bytes_list.value.append(b"a")
            writer.write(example.SerializeToString())
    return str(path)


def test_rows_come_in_whole_batches_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "0.gz", range(BATCH_ROWS + 5))
    made = list(batches(path).as_numpy_iterator())
    assert [len(batch) for batch in made] == [BATCH_ROWS, 5]
    last = tf.train.Example.FromString(made[-1][-1])
    assert last.features.feature["n"].int64_list.value == [BATCH_ROWS + 4]


@pytest.mark.parametrize(
    ("schema", "columns", "expected"),
    [
        (SCHEMA, ["city", "n"], {("city", "n")}),
        (SCHEMA, ["n"], {("n",)}),
        # Without a schema a batch has what its rows have: no row of the first file has a city.
        (None, None, {("n",), ("city", "n")}),
    ],
)
def test_all_files_are_read_with_the_columns_asked_for(
    tmp_path: Path, schema: schema_pb2.Schema | None, columns: list[str] | None, expected: set[tuple[str, ...]]
) -> None:
    files = [write(tmp_path / "0.gz", range(1)), write(tmp_path / "1.gz", range(1, 9))]
    with beam.Pipeline(runner=ENGINE) as pipeline:
        batches = pipeline | ReadBatches(files, schema, columns)
        numbers = batches | beam.FlatMap(lambda batch: [row["n"][0] for row in batch.to_pylist()])
        assert_that(numbers, equal_to(list(range(9))), "rows")
        names = batches | "Names" >> beam.Map(lambda batch: tuple(sorted(batch.schema.names))) | beam.Distinct()
        assert_that(names, equal_to([tuple(sorted(each)) for each in expected]), "columns")


def test_a_file_is_a_work_item_that_the_runner_spreads(is_spread: Any) -> None:
    pipeline = beam.Pipeline(runner=ENGINE)
    pipeline | ReadBatches(["a", "b"])
    assert is_spread(lambda: pipeline.run(), "ReadBatches/Decode")


def test_the_files_of_a_split_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path), artifact_utils.encode_split_names(["train", "eval"])
    for split, names in (("train", ["b.gz", "a.gz"]), ("eval", [])):
        (tmp_path / f"Split-{split}").mkdir()
        for name in names:
            write(tmp_path / f"Split-{split}" / name, range(1))
    assert [Path(path).name for path in split_files(examples, "train")] == ["a.gz", "b.gz"]
    with pytest.raises(DataError, match=f"the split 'eval' has no examples in {tmp_path}"):
        split_files(examples, "eval")
