"""What the person at the terminal reads at the end of a run."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from widedeep.components.common.metrics import in_order
from widedeep.pipeline.record import words
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import change, fixed, number, pair
from widedeep.pipeline.report.sections.tuning import told


def show(summary: Summary) -> None:
    """Prints the metrics, the verdict, where the model is and how to serve it."""
    console = Console(highlight=False, soft_wrap=True)

    def line(head: str, text: str, style: str = "") -> None:
        # As Text: a part of a path or a message may look like Rich's markup, or like the name of an emoji.
        console.print(Text.assemble((head, style), text))

    console.print(_metrics(summary))
    if summary.rails:
        line("beside     ", words.beside(summary.rails))
    if summary.lists:
        line("ranking    ", words.ranked(summary.lists))
    if words.wide_part(summary.wide):
        line("wide part  ", words.wide_part(summary.wide) or "")
    if summary.base:
        first, *others = words.warm_start(summary.base)
        line("warm start ", first)
        for other in others:
            line("           ", other)
    if summary.tuning:
        line("tuned      ", told(summary.tuning))
    if summary.dry_run and words.dry_run(summary.dry_run):
        line("dry run    ", words.dry_run(summary.dry_run) or "")
    for note in (*summary.notes, *filter(None, [summary.training_note])):
        line("note       ", note)
    crosses = [cross.warning for cross in summary.crosses if cross.warning]
    for warning in (*summary.warnings, *summary.unsettled, *crosses):
        line("warning", f": {warning}", "yellow")
    if summary.blessed:
        line("blessed", ": every bound holds", "green")
    for refusal in summary.refusals:
        line("no verdict" if summary.is_open else "not blessed", f": {refusal}", "red")
    if summary.pushed_to:
        line("pushed     ", f"{summary.pushed_to}{' (by an earlier run)' if summary.pushed_before else ''}")
        if summary.superseded_by:
            line("warning", f": {words.superseded(summary.pushed_to, summary.superseded_by)}", "yellow")
        line("serve it   ", " ".join(summary.serve_command))
    else:
        line("not pushed; the version that serves is unchanged", "")
    line("report     ", summary.report)


def _metrics(summary: Summary) -> Table:
    baseline = summary.metrics.get("baseline")
    table = Table("metric", "candidate", *(["baseline", "change", ""] if baseline else []), box=None, pad_edge=False)
    noise = summary.intervals.whole.get("change", {})
    for name in in_order(summary.metrics["candidate"]):
        value = number(summary.metrics["candidate"].get(name))
        cells = [name, fixed(value)]
        if baseline:
            before = number(baseline.get(name))
            changed = change(name, value, before, interval=pair(noise.get(name)))
            cells += [fixed(before), *((changed.text, changed.word) if changed else ("", ""))]
        table.add_row(*cells)
    return table
