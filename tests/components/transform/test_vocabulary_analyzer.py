"""The files that the analyzer writes, against those of tft.vocabulary, through Beam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from tensorflow_transform.beam.analyzer_cache import DatasetKey
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components.transform.vocabulary_analyzer import Vocabulary, vocabulary_paths
from widedeep.components.transform.vocabulary_strings import encode

METADATA = dataset_metadata.DatasetMetadata(
    schema_utils.schema_from_feature_spec({key: tf.io.VarLenFeature(tf.string) for key in ("word", "other", "none")})
)
# File, column, strings at least so frequent, at most so many. Of "other" several strings are equally frequent, so that
# bytes decide, and which of them is the last one where there are at most five.
WANTED = [
    ("words", "word", 1, None),
    ("frequent", "word", 4, None),
    ("most", "other", 1, 5),
    ("frequent_most", "word", 2, 3),
    ("more_than_there_are", "other", 1, 1000),
    ("nothing", "none", 1, None),
    ("all_too_rare", "word", 10_000, None),
]


def make_rows(count: int) -> list[dict[str, list[bytes]]]:
    """Strings of any bytes, line breaks and spaces among them, none, one or several a row."""
    random = np.random.default_rng(1)
    words = [b"a", b"b c", "ä".encode(), b"\xff\xfe", b"x\ny", b"1 a", b"0", b"\0"]
    return [
        {
            "word": [words[min(int(random.exponential(2.0)), 7)] for _ in range(random.integers(0, 4))],
            "other": [b"w%d" % (number % 20)],
            "none": [],
        }
        for number in range(count)
    ]


def analysed(preprocess: Any, spans: Sequence[list[dict[str, list[bytes]]]], folder: Path) -> tft.TFTransformOutput:
    """What TFT writes, having learned of the spans in batches of seven rows."""
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "tmp"), desired_batch_size=7):
        rows = {
            DatasetKey(str(number)): pipeline | f"Rows{number}" >> beam.Create(span)
            for number, span in enumerate(spans)
        }
        analyse = tft_beam.AnalyzeDatasetWithCache(preprocess, pipeline=pipeline)
        learned, _ = (rows, {}, METADATA) | analyse
        learned | tft_beam.WriteTransformFn(str(folder / "graph"))
    return tft.TFTransformOutput(str(folder / "graph"))


def with_ours(inputs: dict[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
    wanted = [
        (Vocabulary(name, least, most), inputs[column].values if column != "none" else tf.zeros([0], tf.string))
        for name, column, least, most in WANTED
    ]
    return {"paths": tf.stack(vocabulary_paths(wanted)), "rows": inputs["word"].values}


def with_theirs(inputs: dict[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
    for name, column, least, most in WANTED:
        tft.vocabulary(
            encode(inputs[column].values), top_k=most, frequency_threshold=least, vocab_filename=name, name=name
        )
    return {"rows": inputs["word"].values}


@pytest.mark.parametrize("parts", [1, 3])
def test_the_files_are_those_of_tft(parts: int, tmp_path: Path) -> None:
    rows = make_rows(100)
    ours = analysed(with_ours, [rows[part::parts] for part in range(parts)], tmp_path / "ours")
    theirs = analysed(with_theirs, [rows], tmp_path / "theirs")
    for name, *_ in WANTED:
        path = Path(theirs.vocabulary_file_by_name(name))
        assert Path(ours.vocabulary_file_by_name(name)).read_bytes() == path.read_bytes(), name
        assert ours.vocabulary_size_by_name(name) == theirs.vocabulary_size_by_name(name)
    # The exported graph has each file as an asset: what it returns are their paths.
    graph = tf.saved_model.load(ours.transform_savedmodel_dir)
    empty = tf.sparse.from_dense(tf.zeros([0, 0], tf.string))
    paths = graph.transform_fn({"word": empty, "other": empty, "none": empty})["paths"].numpy()
    assert [Path(path.decode()).name for path in paths] == [name for name, *_ in WANTED]


def test_more_vocabularies_are_not_more_stages(tmp_path: Path) -> None:
    assert stages(7, tmp_path) == stages(1, tmp_path)


def stages(vocabularies: int, folder: Path) -> int:
    """How many stages Beam fuses the learning of so many vocabularies into."""

    def preprocess(inputs: dict[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
        strings = inputs["word"].values
        return {"paths": tf.stack(vocabulary_paths([(Vocabulary(f"v{n}"), strings) for n in range(vocabularies)]))}

    pipeline = beam.Pipeline(runner=FnApiRunner())
    with tft_beam.Context(temp_dir=str(folder)):
        (pipeline | beam.Create(make_rows(1)), METADATA) | tft_beam.AnalyzeDataset(preprocess)
    _, fused = FnApiRunner().create_stages(pipeline.to_runner_api())
    return len(fused)
