"""The HTML report of one run: self-contained, readable on a phone and in print."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import jinja2

from pipeline.summary import Summary
from pipeline.workdir import write_if_changed


def write(summary: Summary, path: Path) -> None:
    """Renders the report of a run."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(resources.files("pipeline").joinpath("report.html.jinja").read_text("utf-8"))
    write_if_changed(path, template.render(run=summary))
