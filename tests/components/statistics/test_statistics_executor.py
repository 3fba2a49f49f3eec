"""StatisticsGen, against TFX's own on the same files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from tfx.components.statistics_gen import executor as tfx_statistics
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from widedeep.components.common.errors import DataError
from widedeep.components.statistics.executor import Executor
from widedeep.components.statistics.split_statistics import DescribeSplits

ARGS = ["--runner=widedeep.components.common.process.direct_engine.DirectEngine", "--sdk_container_image=none"]


def example(number: int) -> bytes:
    """A row whose features are all missing somewhere; `rare` is in the last rows alone."""
    made = tf.train.Example()
    if number % 3:
        made.features.feature["city"].bytes_list.value.append(f"city{number % 5}".encode())
    made.features.feature["tags"].bytes_list.value.extend(f"t{tag}".encode() for tag in range(number % 4))
    if number % 7:
        made.features.feature["age"].float_list.value.append(number / 2)
    if number >= 180:
        made.features.feature["rare"].int64_list.value.append(number)
    return bytes(made.SerializeToString())


@pytest.fixture
def examples(tmp_path: Path) -> Any:
    """Three splits, of three files, of one, and of one without rows."""
    made = standard_artifacts.Examples()
    made.uri, made.span = str(tmp_path / "examples"), 7
    made.split_names = artifact_utils.encode_split_names(["train", "eval", "none"])
    parts = {"train": [range(90), range(90, 150), range(150, 200)], "eval": [range(40)], "none": [range(0)]}
    for split, rows in parts.items():
        folder = Path(made.uri) / f"Split-{split}"
        folder.mkdir(parents=True)
        for number, part in enumerate(rows):
            with tf.io.TFRecordWriter(str(folder / f"data-{number:05d}-of-{len(rows):05d}.gz"), "GZIP") as writer:
                for row in part:
                    writer.write(example(row))
    return made


def described(kind: Any, examples: Any, folder: Path) -> Any:
    """What an executor makes of the examples."""
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder)
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=list(ARGS), tmp_dir=str(folder / "tmp"), unique_id="1"
    )
    kind(context).Do({"examples": [examples]}, {"statistics": [statistics]}, {})
    return statistics


def test_it_writes_what_tfx_writes_of_the_same_files(examples: Any, tmp_path: Path) -> None:
    ours = described(Executor, examples, tmp_path / "ours")
    theirs = described(tfx_statistics.Executor, examples, tmp_path / "theirs")
    assert (ours.split_names, ours.span) == (theirs.split_names, theirs.span)
    for split, rows in (("train", 200), ("eval", 40), ("none", 0)):
        [mine], [reference] = (
            tfdv.load_stats_binary(str(Path(made.uri) / f"Split-{split}" / "FeatureStats.pb")).datasets
            for made in (ours, theirs)
        )
        assert mine.num_examples == reference.num_examples == rows
        assert mine.name == reference.name
        assert {by_path(each): each for each in mine.features} == {by_path(each): each for each in reference.features}


def test_a_file_is_a_work_item_that_the_runner_spreads(examples: Any, is_spread: Any, tmp_path: Path) -> None:
    assert is_spread(lambda: described(Executor, examples, tmp_path / "ours"), "DescribeSplits/Decode")


def test_more_splits_are_not_more_stages() -> None:
    assert stages(["train", "eval", "test"]) == stages(["train"])


def stages(splits: list[str]) -> int:
    """How many stages Beam fuses the description of so many splits into."""
    pipeline = beam.Pipeline(runner=FnApiRunner())
    _ = pipeline | DescribeSplits({split: ["file.gz"] for split in splits}, dict.fromkeys(splits, "statistics.pb"))
    _, fused = FnApiRunner().create_stages(pipeline.to_runner_api())
    return len(fused)


def by_path(feature: Any) -> tuple[str, ...]:
    return tuple(feature.path.step)


def test_a_split_without_files_is_an_error_that_names_it(examples: Any, tmp_path: Path) -> None:
    folder = Path(examples.uri) / "Split-eval"
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(DataError, match=re.escape(f"the split 'eval' has no examples in {folder}.")):
        described(Executor, examples, tmp_path)
