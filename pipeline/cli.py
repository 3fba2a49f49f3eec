"""The command `widedeep`. Heavy imports wait until a command runs, so that help answers at once."""

from __future__ import annotations

import importlib.util
import os
import sys

import click

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.process_environment import complete_environment

# The module of each.
COMMANDS = {
    "data": "datasets.data",
    "join": "datasets.join",
    "import-log": "datasets.import_log",
    "init": "pipelines.init",
    "check": "pipelines.check",
    "run": "pipelines.run",
    "ablate": "pipelines.ablate",
    "explain": "models.explain",
    "score": "models.score",
    "report": "pipelines.report",
    "runs": "pipelines.runs",
    "models": "models.models",
    "gc": "pipelines.gc",
    "serve": "servers.serve",
    "rank": "servers.rank",
    "bench": "servers.bench",
    "kubeflow": "kubeflow",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"widedeep.pipeline.commands.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="widedeep-tfx")
def command() -> None:
    """Raw impressions in, a served wide-and-deep ranking model out.

    Exit codes: 0 done, 1 failed, 2 wrong usage, settings or installation; of run: 3 ran well but the model was not
    blessed, 4 ran well but this machine could not try the model as a server.
    """


def main() -> None:
    """Entry point: runs a command and turns errors for people into a message and an exit code."""
    # What starts a dry run's server, or Beam's workers, is `python -m`, which else looks into the current folder first.
    os.environ["PYTHONSAFEPATH"] = "1"
    lean_imports.install()
    try:
        for told in complete_environment():
            click.echo(told, err=True)
        command(standalone_mode=False)
    except click.exceptions.Abort:
        _exit("Interrupted.", 1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except WideDeepError as error:
        _exit(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        if importlib.util.find_spec("tfx"):
            raise
        # The bare installation has what `rank` needs, and no more.
        module = (error.name or "").partition(".")[0]
        _exit(f"this command needs the module '{module}'. Install it with: pip install 'widedeep-tfx[pipeline]'", 2)


def _exit(message: str, code: int) -> None:
    click.echo(click.style("Error: ", fg="red", bold=True, reset=True) + message, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
