"""Lists of rows: from the same batches and scores as the other metrics.

TFMA's query metrics group whole extracts by their key, have neither a GAUC nor intervals, and let equal scores lie as
they come. Here a row is 22 bytes, with two models' scores: those of one list meet in one of some parts, whose lists are
then summed up at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma

from widedeep.components.evaluator.accumulation.accumulator import GROUPS
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE
from widedeep.components.evaluator.ranking.list_metrics import ListRows
from widedeep.components.evaluator.ranking.list_sample import HASHES, ListSample, SampledRows
from widedeep.components.evaluator.ranking.list_sums import NO_LIST, ListSums
from widedeep.components.evaluator.tfma_config import SCORE_KEY
from widedeep.components.features.spec import FeatureSpec

# Lists are dealt out to so many parts by the hash of their name.
_PARTS = 32
# So many rows are ranked at most; up to twice as many wait in a worker before the sample is cut.
MOST_ROWS = 10_000_000


@dataclass(frozen=True)
class ListKeys:
    """Names of columns.

    Attributes:
        label: of the label.
        weight: of the rows' weights; None: each has 1.
        by: whose rows are one list.
        group: whose rows the jackknife keeps together.
    """

    label: str
    weight: str | None
    by: str
    group: str

    @classmethod
    def of(cls, spec: FeatureSpec, by: str, group: str | None) -> ListKeys:
        """As declared; without a group each list is by itself."""
        return cls(spec.label.key, spec.weight, by, group or by)


def dealt(extracts: dict[str, Any], keys: ListKeys) -> Iterator[tuple[int, SampledRows]]:
    """A batch's rows by the part that their list falls into."""
    serialized = np.asarray(extracts[tfma.INPUT_KEY]).ravel()
    columns = {key: tf.io.FixedLenFeature([], tf.string, default_value="") for key in {keys.by, keys.group}}
    columns[keys.label] = tf.io.FixedLenFeature([], tf.int64)
    if keys.weight:
        columns[keys.weight] = tf.io.FixedLenFeature([], tf.float32)
    read = {key: values.numpy() for key, values in tf.io.parse_example(serialized, columns).items()}
    predictions = extracts[tfma.PREDICTIONS_KEY]
    models = [predictions[m] for m in (CANDIDATE, BASELINE) if m in predictions] or [predictions]
    scores = [np.asarray(outputs[SCORE_KEY], np.float32).reshape(serialized.size) for outputs in models]
    name = read[keys.by]
    # The groups of the other metrics, so that the same rows are left out.
    group = tf.strings.to_hash_bucket_fast(np.where(read[keys.group] == b"", name, read[keys.group]), GROUPS).numpy()
    rows = SampledRows(
        np.where(name == b"", NO_LIST, tf.strings.to_hash_bucket_fast(name, HASHES).numpy()),
        group.astype(np.uint8),
        read[keys.label] > 0,
        read[keys.weight] if keys.weight else np.ones(serialized.size, np.float32),
        np.stack(scores, axis=1),
    )
    part = rows.number % _PARTS
    order = np.argsort(part, kind="stable")
    which, starts = np.unique(part[order], return_index=True)
    for number, chosen in zip(which.tolist(), np.split(order, starts[1:]), strict=True):
        yield number, rows.of(chosen)


class SumLists(beam.CombineFn):
    """Gathers the rows of a part's lists, or of a sample of them, and sums the lists up."""

    def __init__(self, places: tuple[int, ...]) -> None:
        super().__init__()
        self._places = places

    def create_accumulator(self) -> ListSample:
        """Of no rows."""
        return ListSample(MOST_ROWS // _PARTS)

    def add_input(self, sample: ListSample, rows: SampledRows) -> ListSample:
        """With some rows more."""
        sample.add(rows)
        return sample

    def merge_accumulators(self, several: Iterable[ListSample]) -> ListSample:
        """Of the rows of all."""
        whole = self.create_accumulator()
        for sample in several:
            whole.merge(sample)
        return whole

    def compact(self, sample: ListSample) -> ListSample:
        """The same rows, as they travel."""
        sample.compact()
        return sample

    def extract_output(self, sample: ListSample) -> ListSums:
        """The sums over the lists."""
        rows = sample.rows()
        lists = ListRows(rows.number, rows.label, rows.weight.astype(np.float64))
        sums = ListSums.of(lists, rows.group, rows.scores, self._places)
        # Of all lists, these are a sample.
        sums.outside, sums.everywhere = sample.outside, sums.everywhere / sample.share
        return sums
