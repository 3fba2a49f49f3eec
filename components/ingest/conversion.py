"""One raw file into the TFRecord shards of its splits, by one Beam worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import apache_beam as beam
import pyarrow as pa

from widedeep.components import features
from widedeep.components.content.content_record import FileContent
from widedeep.components.content.sketch import Sketch, SplitSketch
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.components.ingest.csv_files.reader import NoRowsError
from widedeep.components.ingest.example_shards import Shards, encode, split_of
from widedeep.components.ingest.numbers import number_files
from widedeep.components.ingest.numbers.number_profile import NumberProfile


class Job(NamedTuple):
    """A file to read.

    Attributes:
        number: unique.
        path: the file's.
        split: the input split whose pattern it matches.
        outputs: names and folders of the splits that its rows may go to.
        buckets: the upper hash bucket of each.
    """

    number: int
    path: str
    split: str
    outputs: list[tuple[str, str]]
    buckets: list[int]


class Convert(beam.DoFn):
    """Writes a file's rows, and yields what was seen of them."""

    def __init__(self, spec: str, file_format: str, labelled: bool, dialect: CsvDialect) -> None:
        """Takes the declaration as JSON."""
        super().__init__()
        self._spec, self._format, self._labelled, self._dialect = spec, file_format, labelled, dialect

    def process(self, job: Job) -> Iterator[Sketch]:
        """Reads a whole file. One without rows leaves nothing."""
        spec = features.from_json(self._spec)
        undeclared: set[str] = set()
        shards = [Shards(uri, job.number) for _, uri in job.outputs]
        sketches = [SplitSketch(spec) for _ in job.outputs]
        profile = NumberProfile(spec) if self._labelled else None
        try:
            for batch in raw_files.read(
                job.path, self._format, spec, self._labelled, self._dialect, undeclared, profile
            ):
                _write(batch, job.buckets, shards, sketches)
            if profile:
                number_files.write([uri for _, uri in job.outputs], job.number, job.path, profile)
        except NoRowsError:
            pass
        finally:
            for shard in shards:
                shard.close()
        splits = {name: sketch for (name, _), sketch in zip(job.outputs, sketches, strict=True) if sketch.rows}
        yield Sketch(splits, [_of_file(job, sketches, undeclared, spec)])


def _write(batch: pa.RecordBatch, buckets: list[int], shards: list[Shards], sketches: list[SplitSketch]) -> None:
    rows: list[list[int]] = [[] for _ in shards]
    examples: list[list[bytes]] = [[] for _ in shards]
    for row, example in enumerate(encode(batch)):
        split = split_of(example, buckets)
        shards[split].write(example)
        rows[split].append(row)
        examples[split].append(example)
    for sketch, indices, of_split in zip(sketches, rows, examples, strict=True):
        sketch.add(batch if len(shards) == 1 else batch.take(pa.array(indices, pa.int64())), of_split)


def _of_file(job: Job, sketches: list[SplitSketch], undeclared: set[str], spec: FeatureSpec) -> FileContent:
    return FileContent(
        path=job.path,
        split=job.split,
        rows=sum(sketch.rows for sketch in sketches),
        present={feature.key: sum(sketch.present[feature.key] for sketch in sketches) for feature in spec.features},
        undeclared=sorted(undeclared),
    )


class Union(beam.CombineFn):
    """All that was seen."""

    def create_accumulator(self) -> Sketch:
        """Nothing."""
        return Sketch()

    def add_input(self, accumulator: Sketch, element: Sketch) -> Sketch:
        """Adds a file's."""
        accumulator.merge(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sketch]) -> Sketch:
        """Adds them up."""
        whole = Sketch()
        for accumulator in accumulators:
            whole.merge(accumulator)
        return whole

    def extract_output(self, accumulator: Sketch) -> Sketch:
        """As it is."""
        return accumulator
