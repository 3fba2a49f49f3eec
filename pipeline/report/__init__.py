"""The HTML report of one run: one file without scripts or anything to load, for screen, phone and print."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import jinja2

from widedeep.components.common.files import write_if_changed
from widedeep.pipeline.record import words
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.calibration import calibration_table
from widedeep.pipeline.report.charts import training_charts
from widedeep.pipeline.report.confusion import confusion_table
from widedeep.pipeline.report.crosses import cross_table
from widedeep.pipeline.report.curves import curve_charts, is_sure
from widedeep.pipeline.report.data import MOST_FEATURES, feature_table, strong_table
from widedeep.pipeline.report.facts import dry_run, lineage
from widedeep.pipeline.report.slices import slice_table
from widedeep.pipeline.report.tables import component_table, metric_table
from widedeep.pipeline.report.tuning import tuning_table
from widedeep.pipeline.report.verdict import confidence, heading, verdict_of

# Names come from data: control characters, of which HTML allows none, would break the page.
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def write(summary: Summary, path: Path) -> None:
    """Renders the report of a run into a file."""
    write_if_changed(path, render(summary))


def render(summary: Summary) -> str:
    """The report as one HTML document."""
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    candidate = summary.plots.models.get("candidate")
    features = feature_table(summary)
    html = environment.get_template("report.html.jinja").render(
        run=summary,
        heading=heading(summary),
        verdict=verdict_of(summary),
        confidence=confidence(summary),
        metrics=metric_table(summary),
        curves=curve_charts(summary),
        tenths=calibration_table(candidate.calibration if candidate else []),
        sure=is_sure(summary),
        confusion=confusion_table(summary),
        slices=slice_table(summary),
        charts=training_charts(summary.training),
        wide_part=words.wide_part(summary.wide),
        start=words.warm_start(summary.base) if summary.base else [],
        crosses=cross_table(summary),
        strongest=strong_table(summary),
        features=features[:MOST_FEATURES],
        more_features=len(features[MOST_FEATURES:]),
        dry_run=dry_run(summary),
        lineage=lineage(summary),
        tuning=tuning_table(summary),
        components=component_table(summary),
        cached={node.id for node in summary.components if node.state == "CACHED"},
    )
    # JSON may hold half a surrogate pair, which UTF-8 can't.
    return html.encode("utf-8", "replace").decode("utf-8").translate(_CONTROLS)


def _template(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")
