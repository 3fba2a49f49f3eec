"""The command line as a reference: a section for each command, from click."""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterator

import click

from widedeep.pipeline.cli import command as widedeep


def render(level: int = 2) -> str:
    """Markdown of `widedeep` and all its commands: usage, what it does, options with defaults."""
    context = click.Context(widedeep, info_name="widedeep")
    return "\n\n".join(part for child in _commands(context) for part in _section(child, level))


def _commands(context: click.Context) -> Iterator[click.Context]:
    """The command of the context, and those below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _commands(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context, level: int) -> Iterator[str]:
    name = context.command_path
    if context.parent is not None:
        yield f"{'#' * level} `{name}` {{#{name.removeprefix('widedeep ').replace(' ', '-')}}}"
    pieces = " ".join(context.command.collect_usage_pieces(context))
    yield f"```text\n{name} {pieces}\n```"
    yield inspect.cleandoc(context.command.help or "")
    rows = [
        f"| `{left}` | {html.escape(right, quote=False)} |"
        for option in context.command.get_params(context)
        # --help and --version are eager, and stand everywhere; arguments stand in the usage.
        if isinstance(option, click.Option) and not option.is_eager and (record := option.get_help_record(context))
        for left, right in [record]
    ]
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])
