"""One raw file into the TFRecord shards of its splits, by one Beam worker."""

from __future__ import annotations

from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa

from widedeep.components.common.errors import DataError
from widedeep.components.content.content_record import FileContent
from widedeep.components.content.sketch import Sketch, SplitSketch
from widedeep.components.ingest.csv_files.reader import NoRowsError
from widedeep.components.ingest.example_shards import Shards, encode
from widedeep.components.ingest.ingest_options import IngestOptions
from widedeep.components.ingest.labels.label_words import LabelWords
from widedeep.components.ingest.numbers import number_files
from widedeep.components.ingest.numbers.number_profile import NumberProfile
from widedeep.components.ingest.raw_files import Rows, value_error
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.splitting.rules import Batch, Rule, Seen
from widedeep.components.ingest.splitting.split_files import Job


class Convert(beam.DoFn):
    """Writes a file's rows, and yields what was seen of them."""

    def __init__(self, options: str) -> None:
        """Takes IngestOptions as JSON."""
        super().__init__()
        self._options = options

    def process(self, job: Job) -> Iterator[Sketch]:
        """Reads a whole file. One without rows leaves nothing."""
        options = IngestOptions.model_validate_json(self._options)
        spec, rule = options.spec, options.rule(job.buckets)
        undeclared: set[str] = set()
        shards = [Shards(uri, job.number) for _, uri in job.outputs]
        sketches = [SplitSketch(spec) for _ in job.outputs]
        profile = NumberProfile(spec) if options.labelled else None
        words = LabelWords(spec.label) if spec.label.positive is not None else None
        seen = Seen()
        try:
            for rows in options.reader(rule).read(job.path, undeclared, profile, job.query):
                _write(job.path, rows, rule, seen, shards, sketches)
                if words and rows.label is not None:
                    words.add(rows.label)
            if profile:
                number_files.write([uri for _, uri in job.outputs], job.number, job.path, profile)
        except NoRowsError:
            pass
        finally:
            for shard in shards:
                shard.close()
        splits = {name: sketch for (name, _), sketch in zip(job.outputs, sketches, strict=True) if sketch.rows}
        yield Sketch(splits, [_of_file(job, sketches, undeclared, seen, list(sketches[0].present), words)])


def _write(path: str, rows: Rows, rule: Rule, seen: Seen, shards: list[Shards], sketches: list[SplitSketch]) -> None:
    encoded = list(encode(rows.batch))
    try:
        splits = rule.splits(Batch(encoded, rows.beside, seen))
    except BadValueError as error:
        raise value_error(path, rows.before, str(rule.column), error) from None
    except DataError as error:
        raise DataError(f"{path}: column '{rule.column}' {error}.") from None
    indices: list[list[int]] = [[] for _ in shards]
    for row, (split, example) in enumerate(zip(splits, encoded, strict=True)):
        if split >= 0:
            shards[split].write(example)
            indices[split].append(row)
    for sketch, of_split in zip(sketches, indices, strict=True):
        if of_split:
            batch = rows.batch if len(of_split) == len(encoded) else rows.batch.take(pa.array(of_split, pa.int64()))
            sketch.add(batch, [encoded[row] for row in of_split])


def _of_file(
    job: Job,
    sketches: list[SplitSketch],
    undeclared: set[str],
    seen: Seen,
    features: list[str],
    words: LabelWords | None,
) -> FileContent:
    return FileContent(
        path=job.path,
        split=job.split,
        rows=sum(sketch.rows for sketch in sketches),
        present={feature: sum(sketch.present[feature] for sketch in sketches) for feature in features},
        undeclared=sorted(undeclared),
        left_out=seen.left_out,
        keyless=seen.keyless,
        labels=dict(words.counts) if words else {},
        first=seen.first,
        last=seen.last,
    )
