"""The draft's pipeline.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from widedeep.pipeline.drafting.decisions import Draft
from widedeep.pipeline.drafting.files.forms import Form
from widedeep.pipeline.drafting.files.locations import Location
from widedeep.pipeline.drafting.output.yaml_lines import flow, line

_HEAD = "# Drafted by `widedeep init`; paths are relative to this file. The reference of pipeline.yaml has every key.\n"


def pipeline_text(draft: Draft, location: Location, form: Form, name: str, out: Path) -> str:
    """The settings, a line each.

    Args:
        draft: what was decided.
        location: where the files are.
        form: how they are written.
        name: of the pipeline.
        out: the folder that the file will lie in.
    """
    text = _HEAD
    text += line(f"name: {flow(name)}", "of the pipeline, its working directory and its served model")
    text += line("features: features.yaml", "what the columns are")
    text += line("schema: schema.pbtxt", "what new data are held to")
    text += line("data:", f"{draft.rows:,} rows in {len(location.files)} file{'s' * (len(location.files) > 1)}")
    for key, value, why in _data(draft, location, form, out):
        text += line(f"  {key}: {flow(value)}", why)
    settings, why = draft.training
    text += line("training:", why)
    for key, value in settings.items():
        text += line(f"  {key}: {flow(value)}", _WHY[key])
    return text


_WHY = {
    "epochs": "at most",
    "patience": "it stops after so many epochs that are no better on eval, and keeps the best",
    "batch_size": "fewer and steadier steps of the deep part, beside a wide part that learns pairs in a few epochs",
    "wide": "fast and free enough to learn combinations by heart",
    "deep": "held back, so that it learns what rows have in common, not each id or combination",
}


def _data(draft: Draft, location: Location, form: Form, out: Path) -> list[tuple[str, Any, str]]:
    folder = location.folder
    path = folder if "://" in folder else os.path.relpath(folder, out.resolve())
    lines: list[tuple[str, Any, str]] = [("path", path, "the folder of the files")]
    lines.append(("format", form.file_format, form.reason))
    options = form.dialect.model_dump(exclude_defaults=True)
    why = {
        "delimiter": "as the first lines have it",
        "encoding": "it is not UTF-8",
        "quote": "quotes stand within fields, as signs like any other",
        "escape": "a quote within quotes has it before",
        "decimal": "numbers are written as 12,5",
        "thousands": "between the digits of numbers",
        "header": "the first row holds values",
        "columns": "by their places, as nothing names them",
    }
    if form.aside and not form.dialect.header:
        why |= {"header": "not in all files", "columns": form.aside}
    lines += [
        (key, list(value) if isinstance(value, tuple) else value, why.get(key, "")) for key, value in options.items()
    ]
    if draft.null_values:
        lines.append(("null_values", list(draft.null_values), "they stand among numbers for no value"))
    if not location.splits and location.pattern != "*":
        lines.append(("pattern", location.pattern, "the files"))
    for key, value in draft.split.settings.items():
        lines.append((key, value, draft.split.reason))
    return lines
