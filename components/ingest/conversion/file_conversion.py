"""One raw file into the TFRecord shards of its splits, by one Beam worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.utils.shared import Shared

from widedeep.components.content.content_record import FileContent
from widedeep.components.content.sketch import Sketch, SplitSketch
from widedeep.components.ingest.arrow_columns import single_values
from widedeep.components.ingest.csv_files.header import NoRowsError
from widedeep.components.ingest.example_shards import Shards, encode
from widedeep.components.ingest.ingest_options import IngestOptions
from widedeep.components.ingest.labels.label_values import positives_in
from widedeep.components.ingest.negatives.negative_rows import NegativeRows
from widedeep.components.ingest.negatives.pool_files import pool_path
from widedeep.components.ingest.numbers import number_files
from widedeep.components.ingest.numbers.number_profile import NumberProfile
from widedeep.components.ingest.raw_files import Rows
from widedeep.components.ingest.splitting.assignment import splits_of
from widedeep.components.ingest.splitting.rules import Seen
from widedeep.components.ingest.splitting.split_files import Job


class Convert(beam.DoFn):
    """Writes a file's rows, with the negatives that are drawn for them, and yields what was seen of them."""

    def __init__(self, options: str, uri: str) -> None:
        """Takes IngestOptions as JSON, and ExampleGen's output."""
        super().__init__()
        self._options, self._uri, self._pools = options, uri, Shared()

    def process(self, job: Job) -> Iterator[Sketch]:
        """Reads a whole file. One without rows leaves nothing."""
        options = IngestOptions.model_validate_json(self._options)
        spec, rule = options.spec, options.rule(job.buckets)
        undeclared: set[str] = set()
        outputs = [
            _SplitOutput(Shards(uri, job.number), SplitSketch(spec), self._negatives(name, options))
            for name, uri in job.outputs
        ]
        profile = NumberProfile(spec) if options.labelled else None
        seen, labels = Seen(), set[str]()
        try:
            for rows in options.reader(rule).read(job.path, undeclared, profile, job.query):
                if options.labelled and spec.label.positive:
                    raw = single_values(rows.beside[spec.columns[spec.label.key]])
                    labels |= positives_in(raw, spec.label.positive)
                encoded = list(encode(rows.batch))
                splits = np.array(splits_of(job.path, rows, rule, encoded, seen))
                for number, output in enumerate(outputs):
                    output.write(rows, encoded, np.flatnonzero(splits == number))
            if profile:
                number_files.write([uri for _, uri in job.outputs], job.number, job.path, profile)
        except NoRowsError:
            pass
        finally:
            for output in outputs:
                output.shards.close()
        sketches = {name: output.sketch for (name, _), output in zip(job.outputs, outputs, strict=True)}
        splits_seen = {name: sketch for name, sketch in sketches.items() if sketch.rows}
        yield Sketch(splits_seen, [_of_file(job, outputs, undeclared, seen, labels)])

    def _negatives(self, split: str, options: IngestOptions) -> NegativeRows | None:
        if options.negatives is None:
            return None
        return NegativeRows(pool_path(self._uri, split), options.negatives, options.spec, self._pools)


class _SplitOutput:
    """A file's rows of one split: where they go, and what is seen of them."""

    def __init__(self, shards: Shards, sketch: SplitSketch, negatives: NegativeRows | None) -> None:
        self.shards, self.sketch, self._negatives = shards, sketch, negatives
        self.counts: Counter[str] = Counter()

    def write(self, rows: Rows, encoded: list[bytes], places: np.ndarray) -> None:
        """Takes some of the rows, given by their places."""
        if not len(places):
            return
        whole = len(places) == len(encoded)
        batch = rows.batch if whole else rows.batch.take(pa.array(places))
        examples = encoded if whole else [encoded[place] for place in places]
        behind: dict[int, list[bytes]] = {}
        self.sketch.add(batch, examples)
        if self._negatives:
            beside = rows.beside if whole else {name: raw.take(pa.array(places)) for name, raw in rows.beside.items()}
            drawn = self._negatives.of(batch, examples, beside, rows.before + places)
            for row, example in zip(drawn.behind, drawn.examples, strict=True):
                behind.setdefault(row, []).append(example)
            if drawn.examples:
                self.sketch.add(drawn.batch, drawn.examples)
            self.counts.update(positives=drawn.positives, drawn=len(drawn.examples), short=drawn.short)
        for row, example in enumerate(examples):
            self.shards.write(example)
            for negative in behind.get(row, ()):
                self.shards.write(negative)


def _of_file(job: Job, outputs: list[_SplitOutput], undeclared: set[str], seen: Seen, labels: set[str]) -> FileContent:
    sketches = [output.sketch for output in outputs]
    counts = sum((output.counts for output in outputs), Counter())
    return FileContent(
        path=job.path,
        split=job.split,
        rows=sum(sketch.rows for sketch in sketches),
        present={feature: sum(sketch.present[feature] for sketch in sketches) for feature in sketches[0].present},
        undeclared=sorted(undeclared),
        left_out=seen.left_out,
        keyless=seen.keyless,
        first=seen.first,
        last=seen.last,
        labels=sorted(labels),
        positives=counts["positives"],
        drawn=counts["drawn"],
        short=counts["short"],
    )
