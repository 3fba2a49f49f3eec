"""MkDocs' events: what is generated, and what lies elsewhere, joins the pages.

A page asks for a generated part by a line `<!-- generated: NAME -->`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from benchmarks import tables
from tools.docs import command_line, elsewhere, keys, rooms, schemas
from widedeep.pipeline.record.summary import Summary

GENERATED: dict[str, Callable[[], str]] = {
    "command line": command_line.render,
    "features.yaml": lambda: keys.render(schemas.of(schemas.FILES["features"])),
    "pipeline.yaml": lambda: keys.render(schemas.of(schemas.FILES["pipeline"])),
    "rooms": rooms.render,
    "figures": tables.tables,
    "run.json": lambda: keys.render(schemas.of(Summary)),
}
_PLACE = re.compile(r"^<!-- generated: (.+) -->$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that lie outside docs, and the JSON schemas for editors."""
    for page, text in elsewhere.pages().items():
        files.append(File.generated(config, page, content=text))
    for name in schemas.PUBLISHED:
        files.append(File.generated(config, f"schema/{name}.schema.json", content=schemas.text(name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Puts the generated parts in, and makes links to files outside docs good."""
    source = page.file.src_uri
    if source not in elsewhere.PAGES.values():
        markdown = elsewhere.linked(markdown, posixpath.join("docs", posixpath.dirname(source)), source)

    def part(match: re.Match[str]) -> str:
        if match[1] not in GENERATED:
            raise PluginError(f"{source}: nothing generates '{match[1]}'; known are: {', '.join(GENERATED)}")
        return GENERATED[match[1]]()

    return _PLACE.sub(part, markdown)
