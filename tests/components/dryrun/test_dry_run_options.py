"""The dry run's server is looked for before the run begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.dryrun.dry_run_options import DryRunOptions, check_program


@pytest.mark.parametrize("server", ["tensorflow_model_server", "docker"])
def test_a_server_whose_program_is_not_there_is_refused(server: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        check_program(DryRunOptions(server=server))
    assert str(caught.value) == (
        f"dry_run.server is {server}, and there is no such program on the PATH: "
        "install it, or set dry_run.server to stand_in."
    )
    program = tmp_path / server
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    check_program(DryRunOptions(server=server))


@pytest.mark.parametrize("server", ["auto", "stand_in", "infra_validator"])
def test_other_servers_need_no_program_here(server: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check_program(DryRunOptions(server=server))
