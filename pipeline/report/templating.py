"""HTML pages from templates: one file each, without scripts or anything to load."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

import jinja2

# Names come from data: control characters, of which HTML allows none, would break the page.
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def rendered(template: str, **values: Any) -> str:
    """A page as one HTML document.

    Args:
        template: its name under `pipeline/report`.
        values: what the template asks for.
    """
    html = _environment().get_template(template).render(**values)
    # JSON may hold half a surrogate pair, which UTF-8 can't.
    return html.encode("utf-8", "replace").decode("utf-8").translate(_CONTROLS)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
