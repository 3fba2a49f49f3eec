"""What the person at the terminal reads at the end of a run."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from widedeep.components.common.metrics import in_order
from widedeep.pipeline.record import words
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import change, fixed, number, pair
from widedeep.pipeline.report.sections.tuning import told


def show(summary: Summary) -> None:
    """Prints the metrics, the verdict, where the model is and how to serve it."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_metrics(summary))
    if words.wide_part(summary.wide):
        console.print(f"wide part  {words.wide_part(summary.wide)}")
    if summary.base:
        first, *others = words.warm_start(summary.base)
        console.print(f"warm start {escape(first)}")
        for other in others:
            console.print(f"           {escape(other)}")
    if summary.tuning:
        console.print(f"tuned      {escape(told(summary.tuning))}")
    if summary.dry_run and words.dry_run(summary.dry_run):
        console.print(f"dry run    {escape(words.dry_run(summary.dry_run) or '')}")
    for note in summary.notes:
        console.print(f"note       {escape(note)}")
    crosses = [cross.warning for cross in summary.crosses if cross.warning]
    for warning in (*summary.warnings, *summary.unsettled, *crosses):
        console.print(f"[yellow]warning[/]: {escape(warning)}")
    if summary.blessed:
        console.print("[green]blessed[/]: every bound holds")
    for refusal in summary.refusals:
        console.print(f"[red]not blessed[/]: {escape(refusal)}")
    if summary.pushed_to:
        console.print(f"pushed     {summary.pushed_to}{' (by an earlier run)' if summary.pushed_before else ''}")
        if summary.superseded_by:
            said = words.superseded(summary.pushed_to, summary.superseded_by)
            console.print(f"[yellow]warning[/]: {escape(said)}")
        console.print(f"serve it   {' '.join(summary.serve_command)}")
    else:
        console.print("not pushed; the version that serves is unchanged")
    console.print(f"report     {summary.report}")


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
