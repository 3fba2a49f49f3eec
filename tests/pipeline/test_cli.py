import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline import cli

WIDEDEEP = str(Path(sys.executable).parent / "widedeep")


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([WIDEDEEP, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = "import sys; from widedeep.pipeline.cli import command; from click.testing import CliRunner; "
    code += "print(CliRunner().invoke(command, ['--help']).output); "
    code += "print('HEAVY', sorted({'tensorflow', 'apache_beam', 'tfx', 'pandas', 'pyarrow'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    for command in cli.COMMANDS:
        assert f"\n  {command} " in told
    assert "HEAVY []" in told


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    told = CliRunner().invoke(cli.command, [command, "--help"])
    assert told.exit_code == 0
    assert told.output.startswith(f"Usage: command {command}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run",), "Missing argument 'PIPELINE.yaml'"),
        (("fly",), "No such command 'fly'"),
        (("run", "x.yaml", "--nonsense"), "No such option"),
        (("run", "no-such.yaml"), "no-such.yaml: there is no such file."),
        (("data", "movielense", "--out", "/nonexistent"), "movielens"),
        (("report", "/nonexistent"), "does not exist"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what(arguments: tuple[str, ...], message: str) -> None:
    done = called(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_error_for_people_is_its_message_alone_in_one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**unused: object) -> None:
        raise ConfigError("a.yaml: the key is wrong.")

    # What it sets there is for its own children.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setattr(cli.command, "main", fails)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2


def test_a_module_that_is_missing_from_a_whole_installation_is_no_matter_of_installing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(**unused: object) -> None:
        raise ModuleNotFoundError("No module named 'mine'", name="mine")

    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setattr(cli.command, "main", fails)
    with pytest.raises(ModuleNotFoundError, match="mine"):
        cli.main()


def test_report_of_a_folder_without_a_run_says_how_to_start_one(tmp_path: Path) -> None:
    done = called("report", str(tmp_path))
    assert done.returncode == 2
    assert "no run has finished there. Start one with: widedeep run PIPELINE.yaml" in done.stderr
