"""The image's entry point: which program it becomes. Stand-ins of the programs' names tell how they are called."""

import subprocess
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).resolve().parents[2] / "tools" / "entrypoint"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name in ("python", "widedeep"):
        program = tmp_path / name
        # One argument a line: a space in one would show. The process id: nothing may stand between.
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" $$ {name} "$@"\nexit 3\n')
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ([], ["widedeep"]),
        (["--help"], ["widedeep", "--help"]),
        (["run", "a folder/pipeline.yaml"], ["widedeep", "run", "a folder/pipeline.yaml"]),
        (["python", "-m", "a.module", "--set=a={b: c}"], ["python", "-m", "a.module", "--set=a={b: c}"]),
        (
            ["--worker_pool"],
            ["python", "-m", "apache_beam.runners.worker.worker_pool_main", "--service_port=50000"],
        ),
        (
            ["--worker_pool", "--service_port=7"],
            [
                "python",
                "-m",
                "apache_beam.runners.worker.worker_pool_main",
                "--service_port=50000",
                "--service_port=7",
            ],
        ),
    ],
)
def test_it_becomes_the_program_that_its_arguments_ask_for(given: list[str], called: list[str], programs: Path) -> None:
    process = subprocess.Popen(
        [ENTRYPOINT, *given], stdout=subprocess.PIPE, text=True, env={"PATH": f"{programs}:/usr/bin:/bin"}
    )
    said = process.communicate(timeout=30)[0].splitlines()
    assert said == [str(process.pid), *called]
    # Its exit code is the program's.
    assert process.returncode == 3
