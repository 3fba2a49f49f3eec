"""What the report says first: whose run it is, what came of it, and the figures that matter most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote

from widedeep.pipeline.record import words
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import MISSING, count, duration, number
from widedeep.pipeline.report.sections.metrics import metric_table


@dataclass(frozen=True)
class Heading:
    """Facts under the title.

    Attributes:
        when: the run's start, in UTC; "" where its name tells none.
        rows: rows that the metrics are of, with their split: "2,000 rows of 'test'".
        log_link: the log's address as seen from the report; "" where they don't lie side by side.
    """

    when: str
    rows: str
    log_link: str


@dataclass(frozen=True)
class Figure:
    """One number with its name and what to know of it; `word` says how good a change is (see numbers.py)."""

    label: str
    value: str
    note: str
    word: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came of the run.

    Attributes:
        kind: names colour and mark.
        title: the answer in some words.
        text: what it means.
        place: the pushed version's folder, or "".
        serve: the command that serves it, a line each; empty where this run gave nothing to serve.
    """

    kind: Literal["good", "again", "bad", "held"]
    title: str
    text: str
    place: str = ""
    serve: tuple[str, ...] = ()


def heading(summary: Summary) -> Heading:
    """The facts of a run."""
    log, report = PurePosixPath(summary.log), PurePosixPath(summary.report)
    return Heading(
        when=_when(summary.run_id),
        rows=f"{count(number(summary.metrics.get('candidate', {}).get('rows')))} {_rows_of(summary)}",
        log_link=f"./{quote(log.name)}" if log.name and log.parent == report.parent else "",
    )


def figures(summary: Summary) -> list[Figure]:
    """What a person takes in at a glance: how good, how much better, on how much data, in what time."""
    return [*_quality(summary), _rows(summary), _time(summary)]


def _quality(summary: Summary) -> list[Figure]:
    rows = metric_table(summary)
    if not rows:
        return []
    main, sure = rows[0], confidence(summary)
    value = Figure(main.label, main.candidate, f"{main.interval} ({sure})" if main.interval else main.hint)
    if main.change is None:
        note = f"it had {main.baseline}" if "baseline" in summary.metrics else "there was none"
        return [value, Figure("Change from baseline", MISSING, note)]
    note = f"{main.noise} ({sure})" if main.noise else f"it had {main.baseline}"
    return [value, Figure("Change from baseline", main.change.text, note, main.change.word)]


def _rows(summary: Summary) -> Figure:
    rows = number(summary.metrics.get("candidate", {}).get("rows"))
    slices = len(summary.slices)
    label = _rows_of(summary)
    return Figure(
        label[0].upper() + label[1:], count(rows), f"{slices} slice{'' if slices == 1 else 's'}" if slices else ""
    )


def _rows_of(summary: Summary) -> str:
    """What the metrics were measured on; a record of an earlier version does not tell the split."""
    return f"rows of '{summary.split}'" if summary.split else "evaluation rows"


def _time(summary: Summary) -> Figure:
    cached = sum(node.state == "CACHED" for node in summary.components)
    note = f"{len(summary.components)} components"
    return Figure("Took", took(summary), f"{note}, {cached} from the cache" if cached else note)


def took(summary: Summary) -> str:
    """The time of all components together."""
    return duration(sum(number(node.seconds) or 0.0 for node in summary.components))


def verdict_of(summary: Summary) -> Verdict:
    """Pushed, pushed before, not blessed, blessed and not pushed, or none."""
    if summary.pushed_to:
        folder = PurePosixPath(summary.pushed_to)
        version = f" version {folder.name}" if folder.name.isdecimal() else ""
        if summary.pushed_before:
            text = (
                "Nothing it depends on has changed since an earlier run pushed it, so this run took it from the cache."
            )
            if summary.superseded_by:
                text += f" But {words.superseded(summary.pushed_to, summary.superseded_by)}."
            title = f"Pushed before{version and f', as{version}'}"
            return Verdict("again", title, text, str(folder), summary.serve_command)
        text = "Every bound holds." if summary.blessed else "It was pushed without a blessing."
        return Verdict("good", f"Pushed{version}", text, str(folder), summary.serve_command)
    unchanged = "Nothing was pushed; the version that serves is unchanged."
    if summary.blessed:
        return Verdict("held", "Blessed, but not pushed", f"Every bound holds. {unchanged}")
    if summary.is_open:
        again = " The dry run failed by the machine, not by the model: the same command tries it again."
        return Verdict("held", "No verdict", unchanged + again)
    return Verdict("bad", "Not blessed", unchanged)


def confidence(summary: Summary) -> str:
    """Of the intervals: 95 %; "" where there are none."""
    known = number(summary.intervals.confidence)
    return "" if known is None else f"{100 * known:g}\N{NO-BREAK SPACE}%"


def _when(run_id: str) -> str:
    """Runs are named by their start: 20261122-011333-469."""
    try:
        start = datetime.strptime(run_id[:15], "%Y%m%d-%H%M%S")
    except ValueError:
        return ""
    return f"{start.day} {start:%B %Y, %H:%M:%S} UTC"
