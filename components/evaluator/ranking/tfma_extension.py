"""What TFMA is given to measure lists of rows: an evaluator and a writer of its kind."""

from __future__ import annotations

from collections.abc import Sequence

import apache_beam as beam
from tensorflow_model_analysis import evaluators, writers

from widedeep.components.evaluator.ranking.combiner import ListKeys, SumLists, dealt
from widedeep.components.evaluator.ranking.list_sums import ListSums
from widedeep.components.evaluator.ranking.ranking_record import ranking_record

_KEY = "ranking"


def ranking_evaluator(keys: ListKeys, places: Sequence[int]) -> evaluators.Evaluator:
    """A TFMA evaluator of batches, which sums up lists of rows.

    Args:
        keys: names of the columns.
        places: each k.
    """
    return evaluators.Evaluator(
        stage_name="Ranking",
        run_after="",
        ptransform=_Ranking(keys, tuple(places)),
    )


def ranking_writer(path: str, keys: ListKeys, places: Sequence[int]) -> writers.Writer:
    """Writes what follows from the sums, a RankingRecord, to `path`; the others as `ranking_evaluator` has them."""

    def write(by_part: dict[int, ListSums]) -> None:
        # In one order, so that the same rows give the same sums to the last digit.
        sums = [by_part[part] for part in sorted(by_part)]
        total = ListSums.nothing(sums[0].sums.shape[0] if sums else 1, places)
        for each in sums:
            total.merge(each)
        ranking_record(total, keys.by, places).write(path)

    return writers.Writer("WriteRanking", writers.Write(_KEY, beam.Map(write)))


class _Ranking(beam.PTransform):
    def __init__(self, keys: ListKeys, places: tuple[int, ...]) -> None:
        super().__init__()
        self._keys, self._places = keys, places

    def expand(self, extracts: beam.PCollection) -> dict[str, beam.PCollection]:
        sums = (
            extracts
            | "Deal" >> beam.FlatMap(dealt, self._keys)
            | "Sum" >> beam.CombinePerKey(SumLists(self._places))
            | beam.combiners.ToDict()
        )
        return {_KEY: sums}
