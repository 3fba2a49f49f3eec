"""From what a person asks for to the texts of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.drafting.decisions import Draft, Wishes
from widedeep.pipeline.drafting.draft import make_draft
from widedeep.pipeline.drafting.files.forms import Form, form_of, resolve_column
from widedeep.pipeline.drafting.files.headers import in_common
from widedeep.pipeline.drafting.files.locations import locate_files
from widedeep.pipeline.drafting.output.features_file import features_text
from widedeep.pipeline.drafting.output.folder import FILES, read_spec
from widedeep.pipeline.drafting.output.pipeline_file import pipeline_text
from widedeep.pipeline.drafting.output.schema_file import schema_text
from widedeep.pipeline.drafting.output.table import summary
from widedeep.pipeline.drafting.reading.survey import Listener, survey


@dataclass(frozen=True)
class Request:
    """What a person asks for; columns by name or number, several between commas.

    Attributes:
        data: a folder, a pattern or a file.
        label: the label's column.
        time: of the rows' times.
        context, candidate: columns of either side.
        positive: values of the label that are 1.
    """

    data: str
    label: str
    time: str | None = None
    context: str | None = None
    candidate: str | None = None
    positive: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drafting:
    """A draft, the texts of its files by name, and what is shown of it."""

    draft: Draft
    texts: dict[str, str]
    summary: RenderableType


def draft_of(request: Request, name: str, out: Path, listener: Listener) -> Drafting:
    """Reads the data and drafts a pipeline; writes nothing.

    Args:
        request: what a person asks for.
        name: of the pipeline.
        out: the folder that the draft will lie in.
        listener: hears how far the reading is.

    Raises:
        ConfigError: what was asked for is not there.
        DataError: the data can't be read, or not be learned from.
    """
    location = locate_files(request.data)
    form = form_of(location, request.label)
    label = resolve_column(request.label, form.columns, "--label")
    location, form = in_common(location, form, label)
    wishes = _wishes(request, form, label)
    draft = make_draft(location, form, survey(location, form, listener), wishes)
    declared = features_text(draft)
    texts = (declared, schema_text(draft, read_spec(declared)), pipeline_text(draft, location, form, name, out))
    return Drafting(draft, dict(zip(FILES, texts, strict=True)), summary(draft, [location.aside, form.aside]))


def _wishes(request: Request, form: Form, label: str) -> Wishes:
    wishes = Wishes(
        label=label,
        time=resolve_column(request.time, form.columns, "--time") if request.time else None,
        context=_columns(request.context, form, "--context"),
        candidate=_columns(request.candidate, form, "--candidate"),
        positive=request.positive,
    )
    if label in (wishes.time, *wishes.context, *wishes.candidate):
        raise ConfigError(f"--label {label}: the label can't be a feature as well.")
    both = sorted(set(wishes.context) & set(wishes.candidate))
    if both:
        raise ConfigError(f"--context and --candidate both name '{both[0]}'.")
    return wishes


def _columns(text: str | None, form: Form, option: str) -> tuple[str, ...]:
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    return tuple(resolve_column(name, form.columns, option) for name in names)
