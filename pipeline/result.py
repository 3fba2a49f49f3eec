"""The end of a run: its record in the run's folder, and what the person reads."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline import report
from pipeline.local import LocalRun
from pipeline.summarise import summarise
from pipeline.summary import Summary

_SHOWN = {"auc": 4, "auc_pr": 4, "logloss": 4, "accuracy": 4, "calibration": 3}


def record(run: LocalRun, folder: Path) -> Summary:
    """Writes run.json and report.html of a finished run into its folder."""
    summary = summarise(run, folder)
    report.write(summary, Path(summary.report))
    summary.write(folder / "run.json")
    return summary


def show(summary: Summary) -> None:
    """Prints the metrics, the verdict, where the model is and how to serve it."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_metrics(summary))
    for warning in summary.warnings:
        console.print(f"[yellow]warning[/]: {escape(warning)}")
    if summary.blessed:
        console.print("[green]blessed[/]: every bound holds")
    for refusal in summary.refusals:
        console.print(f"[red]not blessed[/]: {escape(refusal)}")
    if summary.pushed_to:
        again = any(node["id"] == "Pusher" and node["state"] == "CACHED" for node in summary.components)
        name, models = summary.pipeline, Path(summary.pushed_to).parent
        console.print(f"pushed     {summary.pushed_to}{' (by an earlier run)' if again else ''}")
        console.print(
            f"serve it   docker run -p 8500:8500 -p 8501:8501 -v {models}:/models/{name} "
            f"-e MODEL_NAME={name} tensorflow/serving"
        )
    else:
        console.print("not pushed; the version that serves is unchanged")
    console.print(f"report     {summary.report}")


def _metrics(summary: Summary) -> Table:
    baseline = summary.metrics.get("baseline")
    table = Table("metric", "candidate", *(["baseline", "change"] if baseline else []), box=None, pad_edge=False)
    for name, digits in _SHOWN.items():
        value = summary.metrics["candidate"][name]
        cells = [name, f"{value:.{digits}f}"]
        if baseline:
            cells += [f"{baseline[name]:.{digits}f}", f"{value - baseline[name]:+.{digits}f}"]
        table.add_row(*cells)
    return table
