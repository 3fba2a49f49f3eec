"""Another project's `components`, `pipeline` and `serving`, as TFX's templates have them, are not in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds import ROOT, VERSION, called, uv

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that can't be imported."""
    folder = tmp_path_factory.mktemp("foreign")
    for name in ("components", "pipeline", "serving"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise RuntimeError('the foreign {name} was imported')\n")
    return folder


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in a folder of its own, to be used with the packages of this environment."""
    folder = tmp_path_factory.mktemp("unpacked")
    uv("pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", folder, wheel)
    return folder


@pytest.fixture(params=["checkout", "wheel"])
def run(request: pytest.FixtureRequest, foreign: Path) -> Run:
    """Runs the command in the foreign folder, with that folder first on Python's path."""
    if request.param == "checkout":
        script, path = Path(sys.executable).with_name("widedeep"), str(foreign)
    else:
        unpacked = request.getfixturevalue("unpacked")
        script, path = unpacked / "bin" / "widedeep", f"{foreign}:{unpacked}"

    def run(*arguments: str, as_module: bool = False) -> tuple[int, str, str]:
        program = [sys.executable, "-m", "widedeep.pipeline.cli"] if as_module else [script]
        done = called(*program, *arguments, cwd=foreign, path=path)
        return done.returncode, done.stdout, done.stderr

    return run


def test_help_and_version(run: Run) -> None:
    code, told, errors = run("--help")
    assert (code, errors) == (0, "")
    assert "Run the whole pipeline on local Beam." in told
    assert run("--version") == (0, f"widedeep, version {VERSION}\n", "")


def test_what_a_command_starts_imports_nothing_from_the_current_folder(tmp_path: Path) -> None:
    """As a dry run's server, and Beam's workers, are started: by `python -m`, from the person's own folder."""
    for name in ("click", "queue", "widedeep"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} of the current folder was imported')\n")
    code = (
        "import subprocess, sys; from widedeep.pipeline import cli; "
        "child = [sys.executable, '-m', 'widedeep.pipeline.cli', '--version']; "
        "cli.command = lambda **_: sys.exit(subprocess.call(child)); cli.main()"
    )
    done = called(sys.executable, "-P", "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f", version {VERSION}\n")


def test_as_a_module(run: Run) -> None:
    code, told, errors = run("--version", as_module=True)
    assert (code, errors) == (0, "")
    assert told.endswith(f", version {VERSION}\n")


def test_settings_are_read(run: Run) -> None:
    assert run("run", "no-such.yaml") == (2, "", "Error: no-such.yaml: there is no such file.\n")


@pytest.mark.e2e
def test_a_run_gets_as_far_as_its_data(foreign: Path, tmp_path: Path) -> None:
    """All that a run imports is imported by then, TFX and TensorFlow included."""
    settings = (ROOT / "schema" / "movielens" / "pipeline.yaml").read_text()
    assert "path: ../../data/movielens" in settings
    for name in ("features.yaml", "schema.pbtxt"):
        (tmp_path / name).write_text((ROOT / "schema" / "movielens" / name).read_text())
    (tmp_path / "pipeline.yaml").write_text(settings.replace("../../data/movielens", "nothing"))
    script = Path(sys.executable).with_name("widedeep")
    done = called(script, "run", tmp_path / "pipeline.yaml", "--workdir", tmp_path / "work", cwd=foreign, path=foreign)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (f"Error: data.path: there is no folder {tmp_path}/nothing.")
