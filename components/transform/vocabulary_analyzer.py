"""All vocabularies of the preprocessing function, learned by one analyzer.

tft.vocabulary makes a dozen stages of Beam for each column, which a small run spends most of its time on, and hands
Beam every string of every row. Here the graph counts a batch's different strings, the columns' strings go through the
same few stages beside each other, told apart by the column's number, and each column's file is written by one worker.
The files are byte for byte those of tft.vocabulary, and the counts of each span are cached as TFT caches its own.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform import analyzer_nodes, analyzers, nodes
from tfx.dsl.io import fileio

from widedeep.components.transform.vocabulary_strings import encode

# What stands in a file while the graph is traced.
_NOT_YET = analyzer_nodes.TemporaryAssetInfo(b"not yet learned", "text")


@dataclass(frozen=True)
class Vocabulary:
    """What a file is to hold: the most frequent strings first, of equally frequent ones the later by their lines."""

    filename: str
    least_count: int = 1
    most_lines: int | None = None


def vocabulary_paths(wanted: Sequence[tuple[Vocabulary, tf.Tensor]]) -> list[tf.Tensor]:
    """The paths of the vocabularies' files, each a string scalar, as tft.vocabulary returns one.

    The files hold strings as `vocabulary_strings` says.

    Args:
        wanted: vocabularies of different file names, each with a batch's strings [any], of any bytes, none
            empty.
    """
    if not wanted:
        return []
    vocabularies = [vocabulary for vocabulary, _ in wanted]
    with tf.name_scope("vocabularies"):
        # As tft.experimental.ptransform_analyzer does it, whose every step has as many outputs as the last one.
        source = analyzer_nodes.get_input_tensors_value_nodes(_counted([strings for _, strings in wanted]))
        [of_span] = nodes.apply_multi_output_operation(
            analyzer_nodes.PTransform,
            source,
            ptransform=_CountLines(),
            output_tensor_info_list=[analyzer_nodes.TensorInfo(tf.string, [None], None)],
            is_partitionable=True,
            cache_coder=_CountedCoder(),
        )
    with tf.name_scope("vocabulary_files"):
        files = nodes.apply_multi_output_operation(
            analyzer_nodes.PTransform,
            of_span,
            ptransform=_WriteFiles(vocabularies),
            output_tensor_info_list=[analyzer_nodes.TensorInfo(tf.string, [], _NOT_YET) for _ in vocabularies],
            is_partitionable=False,
        )
    for vocabulary in vocabularies:
        analyzers.register_vocab(vocabulary.filename)
    return [analyzer_nodes.wrap_as_tensor(file) for file in files]


def _counted(columns: Sequence[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """A batch's different lines, each after its column's number and a space, and how often each is there."""
    lines, counts = [], []
    for number, column in enumerate(columns):
        strings, _, count = tf.unique_with_counts(column, tf.int64)
        lines.append(tf.strings.join([f"{number} ", encode(strings)]))
        counts.append(count)
    return tf.concat(lines, axis=0), tf.concat(counts, axis=0)


class _CountLines(beam.PTransform):
    """From batches' lines and counts to each line with its count in a span."""

    def __repr__(self) -> str:
        # TFT knows by it what is cached: the default has an address in memory.
        return type(self).__name__

    def expand(self, batches: beam.PCollection[tuple[np.ndarray, np.ndarray]]) -> beam.PCollection[tuple[bytes, int]]:
        return batches | "Lines" >> beam.FlatMap(_pairs) | "Sum" >> beam.CombinePerKey(sum)


def _pairs(batch: tuple[np.ndarray, np.ndarray]) -> Iterable[tuple[bytes, int]]:
    lines, counts = batch
    return zip(lines.tolist(), counts.tolist(), strict=True)


class _CountedCoder(tft.experimental.PTransformAnalyzerCacheCoder):
    def encode_cache(self, counted: tuple[bytes, int]) -> bytes:
        line, count = counted
        return b"%d %s" % (count, line)

    def decode_cache(self, encoded: bytes) -> tuple[bytes, int]:
        count, _, line = encoded.partition(b" ")
        return line, int(count)


class _WriteFiles(tft_beam.experimental.PTransformAnalyzer):
    """From the lines and counts of all spans to the paths of the files, a collection of one path for each."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        super().__init__()
        self._vocabularies = vocabularies

    def expand(self, spans: beam.PCollection[tuple[bytes, int]]) -> tuple[beam.PCollection[np.ndarray], ...]:
        columns = range(len(self._vocabularies))
        files = (
            (
                spans | "Sum" >> beam.CombinePerKey(sum) | "ByColumn" >> beam.MapTuple(_by_column),
                # A column without a string has a file as well.
                spans.pipeline | "Columns" >> beam.Create([(column, None) for column in columns], reshuffle=False),
            )
            | "WithEmpty" >> beam.Flatten()
            | "Gather" >> beam.GroupByKey()
            | "Write" >> beam.ParDo(_WriteFile(self._vocabularies, self.base_temp_dir)).with_outputs(*map(str, columns))
        )
        return tuple(files[str(column)] for column in columns)


def _by_column(line: bytes, count: int) -> tuple[int, tuple[int, bytes]]:
    column, _, line = line.partition(b" ")
    return int(column), (count, line)


class _WriteFile(beam.DoFn):
    def __init__(self, vocabularies: Sequence[Vocabulary], folder: str) -> None:
        self._vocabularies, self._folder = vocabularies, folder

    def process(self, gathered: tuple[int, Iterable[tuple[int, bytes] | None]]) -> Iterator[beam.pvalue.TaggedOutput]:
        column, counted = gathered
        vocabulary = self._vocabularies[column]
        fileio.makedirs(self._folder)
        path = os.path.join(self._folder, vocabulary.filename)
        # A worker that tries again writes the same.
        with fileio.open(path, "wb") as file:
            for _, line in _kept(vocabulary, filter(None, counted)):
                file.write(line + b"\n")
        yield beam.pvalue.TaggedOutput(str(column), np.array(path))


def _kept(vocabulary: Vocabulary, counted: Iterable[tuple[int, bytes]]) -> Sequence[tuple[int, bytes]]:
    """The counts and lines of the file, in order."""
    frequent = (each for each in counted if each[0] >= vocabulary.least_count)
    if vocabulary.most_lines is None:
        kept = sorted(frequent, reverse=True)
    else:
        kept = heapq.nlargest(vocabulary.most_lines, frequent)
    # A table can't be made of an empty file: TFT has a line for it.
    return kept or [analyzers.get_empy_vocabulary_dummy_value(tf.string)]
