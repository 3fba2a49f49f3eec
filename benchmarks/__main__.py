"""`python -m benchmarks`: see the package's docstring."""

from __future__ import annotations

import sys

import click

from benchmarks import tables
from benchmarks.harness import results, runner
from benchmarks.harness.subprocesses import ROOT
from benchmarks.registry import BENCHMARKS, benchmark
from widedeep.components.common.errors import WideDeepError


@click.group(invoke_without_command=True, context_settings={"max_content_width": 100})
@click.pass_context
def command(context: click.Context) -> None:
    """Lists the benchmarks, runs one, or shows what is kept of them."""
    if context.invoked_subcommand is None:
        _list()


def _list() -> None:
    width = max(map(len, BENCHMARKS)) + 2
    for name, entry in BENCHMARKS.items():
        result = results.load(name)
        kept = f"measured on {result.date}" if result else "not measured yet"
        click.echo(f"{name:<{width}}{entry.measures}")
        click.echo(f"{'':<{width}}about {entry.minutes} minutes on two cores; {kept}")
        click.echo(f"{'':<{width}}needs {entry.needs}")
    click.echo("\npython -m benchmarks run NAME [ARGS]   its own arguments: python -m benchmarks run NAME --help")
    click.echo("python -m benchmarks table [NAME]      what is kept")


# What follows the name is the benchmark's own.
@command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--keep/--no-keep", default=True, show_default=True, help="Whether the result replaces the kept one.")
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(keep: bool, name: str, arguments: tuple[str, ...]) -> None:
    """Runs the benchmark NAME with its ARGUMENTS, and keeps its last line beside the machine's description."""
    module = benchmark(name).module
    if "--help" in arguments:
        runner.show_help(module)
        return
    result = runner.run(name, module, arguments)
    if keep:
        path = results.keep(result)
        click.echo(f"kept in {path.relative_to(ROOT)}; to read it: python -m benchmarks table {name}", err=True)


@command.command()
@click.argument("name", required=False)
def table(name: str | None) -> None:
    """The kept results, or that of NAME, as Markdown."""
    click.echo(tables.table(name) if name else tables.tables())


def main() -> None:
    """Turns errors for people into a message and an exit code."""
    try:
        command(prog_name="python -m benchmarks")
    except WideDeepError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
