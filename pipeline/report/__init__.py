"""The HTML report of one run: one file without scripts or anything to load, for screen, phone and print."""

from __future__ import annotations

from pathlib import Path

from widedeep.components.common.files import write_if_changed
from widedeep.pipeline.record import words
from widedeep.pipeline.record.settings import settings_of
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.sections.components import component_table
from widedeep.pipeline.report.sections.confusion import confusion_table
from widedeep.pipeline.report.sections.crosses import cross_table
from widedeep.pipeline.report.sections.facts import dry_run, lineage
from widedeep.pipeline.report.sections.features import MOST_FEATURES, feature_table, vocabulary_table
from widedeep.pipeline.report.sections.headline import confidence, figures, heading, took, verdict_of
from widedeep.pipeline.report.sections.metrics import metric_table
from widedeep.pipeline.report.sections.plots import calibration_table, is_sure, plot_charts
from widedeep.pipeline.report.sections.slices import slice_table
from widedeep.pipeline.report.sections.strongest import counted_in, strong_table
from widedeep.pipeline.report.sections.training import training_section
from widedeep.pipeline.report.sections.tuning import tuning_table
from widedeep.pipeline.report.sections.worth.importance import importance_chart
from widedeep.pipeline.report.sections.worth.rails import rail_table
from widedeep.pipeline.report.templating import rendered


def write(summary: Summary, path: Path) -> None:
    """Renders the report of a run into a file."""
    write_if_changed(path, render(summary))


def render(summary: Summary) -> str:
    """The report as one HTML document."""
    features = feature_table(summary)
    return rendered(
        "templates/report.html.jinja",
        run=summary,
        heading=heading(summary),
        verdict=verdict_of(summary),
        figures=figures(summary),
        took=took(summary),
        confidence=confidence(summary),
        metrics=metric_table(summary),
        ranked=words.ranked(summary.lists) if summary.lists else None,
        rails=rail_table(summary),
        curves=plot_charts(summary),
        tenths=calibration_table(summary),
        sure=is_sure(summary),
        confusion=confusion_table(summary),
        slices=slice_table(summary),
        training=training_section(summary),
        wide_part=words.wide_part(summary.wide),
        start=words.warm_start(summary.base) if summary.base else [],
        crosses=cross_table(summary),
        importance=importance_chart(summary),
        strongest=strong_table(summary),
        counted_in=counted_in(summary),
        features=features[:MOST_FEATURES],
        vocabularies=vocabulary_table(summary),
        more_features=len(features[MOST_FEATURES:]),
        dry_run=dry_run(summary),
        lineage=lineage(summary),
        settings=settings_of(summary),
        tuning=tuning_table(summary),
        components=component_table(summary),
        cached={node.id for node in summary.components if node.state == "CACHED"},
    )
