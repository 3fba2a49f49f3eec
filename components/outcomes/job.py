"""A join of whole folders on Beam: requests are spread over partitions, and each partition is joined by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.common.errors import DataError, unwrap
from widedeep.components.common.process import beam_memos
from widedeep.components.common.work_items import WorkItems
from widedeep.components.outcomes.action_files import action_batches
from widedeep.components.outcomes.impression_files import ALL_SEEN, Seen, check_columns, impression_batches
from widedeep.components.outcomes.matching import ACTED, ACTED_ON, LogColumns, match
from widedeep.components.outcomes.outcome_record import OutcomeRecord
from widedeep.components.outcomes.partitions import partitions_of, spread

_SHOWN, _ACTED = "shown", "acted"
_RECORD = "record.json"


@dataclass(frozen=True)
class Join:
    """What is joined.

    Attributes:
        impressions: files of a request log.
        columns: of these.
        actions: files of actions, which name the candidate by the same column.
        request: their column of the request's id.
        time: their column of the moment.
        label: the column to add.
        within: how long after an impression an action counts.
        until: the moment up to which all actions are there; None: that of the latest.
        seen: which candidates are impressions.
    """

    impressions: tuple[Path, ...]
    columns: LogColumns
    actions: tuple[Path, ...]
    request: str
    time: str
    label: str
    within: timedelta
    until: datetime | None = None
    seen: Seen = ALL_SEEN


def join(work: Join, out: Path, beam_args: Sequence[str]) -> OutcomeRecord:
    """Writes labelled rows, a Parquet file a partition, the same bytes for the same rows.

    Args:
        work: what is joined.
        out: an empty folder.
        beam_args: Beam's options.

    Raises:
        DataError: a file can't be used, or the window of an impression is still open: nothing is written.
    """
    check_columns(work.impressions, work.columns, work.label)
    rows = sum(pq.read_metadata(path).num_rows for path in work.impressions)
    if not rows:
        raise DataError(f"{work.impressions[0].parent}: has no impression.")
    partitions = partitions_of(rows)
    beam_memos.install()
    folder = Path(tempfile.mkdtemp(prefix=".partitions-", dir=out))
    try:
        _run(_spreading(work, folder, partitions), beam_args)
        _check_closed(work, folder)
        _run(_joining(work, folder, out, partitions), beam_args)
        return OutcomeRecord.read(folder / _RECORD)
    except Exception as error:
        raise unwrap(error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(steps: beam.PTransform, beam_args: Sequence[str]) -> None:
    with beam.Pipeline(options=PipelineOptions(list(beam_args))) as pipeline:
        pipeline | steps


def _spreading(work: Join, folder: Path, partitions: int) -> beam.PTransform:
    files = [(_SHOWN, number, path) for number, path in enumerate(work.impressions)]
    files += [(_ACTED, number, path) for number, path in enumerate(work.actions)]
    return "Files" >> WorkItems(files) | "Spread" >> beam.Map(lambda file: _spread(file, work, folder, partitions))


def _spread(file: tuple[str, int, Path], work: Join, folder: Path, partitions: int) -> None:
    kind, number, path = file
    if kind == _SHOWN:
        tables, request = impression_batches(path, work.columns, work.seen), work.columns.request
    else:
        tables, request = action_batches(path, work.request, work.columns.candidate, work.time), ACTED_ON
    spread(tables, request, folder / kind, f"{number:06d}", partitions)


def _check_closed(work: Join, folder: Path) -> None:
    """Refuses impressions that an action may still follow."""
    until = work.until
    if until is None:
        latest = [pc.max(_read(path, [ACTED])[ACTED]).as_py() for path in folder.glob(f"{_ACTED}/*/*.parquet")]
        if not latest:
            raise DataError("there is no action: say by --until up to which moment all actions are there.")
        until = datetime.fromtimestamp(max(latest) / 1e6, UTC)
    last_closed = pa.scalar(until - work.within, pa.timestamp("us", "UTC"))
    open_ones, rows = 0, 0
    for path in work.impressions:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[work.columns.time]):
                rows += len(batch)
                open_ones += pc.sum(pc.greater(batch[work.columns.time], last_closed)).as_py() or 0
    if open_ones:
        raise DataError(
            f"{open_ones:,} of {rows:,} impressions are open: an action may follow them until {work.within} after, and "
            f"the actions reach to {until:%Y-%m-%d %H:%M:%S} UTC. Come again with later actions, or say by --until "
            "up to which moment all are there."
        )


def _joining(work: Join, folder: Path, out: Path, partitions: int) -> beam.PTransform:
    return (
        "Partitions" >> WorkItems(range(partitions))
        | "Join" >> beam.Map(lambda partition: _join(partition, work, folder, out, partitions))
        | "All" >> beam.CombineGlobally(_total)
        | "Record" >> beam.Map(lambda record: record.write(folder / _RECORD))
    )


def _join(partition: int, work: Join, folder: Path, out: Path, partitions: int) -> OutcomeRecord:
    shown, acted = (
        [_read(path) for path in sorted((folder / kind / str(partition)).glob("*.parquet"))]
        for kind in (_SHOWN, _ACTED)
    )
    impressions = pa.concat_tables(shown, promote_options="default") if shown else None
    if impressions is None:
        return OutcomeRecord(unshown=sum(table.num_rows for table in acted))
    fields = [(ACTED_ON, pa.string()), (work.columns.candidate, pa.string()), (ACTED, pa.int64())]
    actions = pa.concat_tables([pa.schema(fields).empty_table(), *acted])
    within = round(work.within.total_seconds() * 1e6)
    rows, record = match(impressions, actions, work.columns, work.label, within)
    name = f"part-{partition:05d}-of-{partitions:05d}.parquet"
    pq.write_table(rows, out / name, compression="zstd")
    return record


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    # Hive's reading would add the folders' keys.
    return pq.ParquetFile(path).read(columns)


def _total(records: Iterable[OutcomeRecord]) -> OutcomeRecord:
    whole = OutcomeRecord()
    for record in records:
        whole = whole.plus(record)
    return whole
