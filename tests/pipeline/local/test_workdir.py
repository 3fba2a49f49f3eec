import os
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.local.workdir import Workdir, lock


def test_a_second_run_in_one_folder_is_refused_and_the_first_one_frees_it(tmp_path: Path) -> None:
    refused = pytest.raises(
        WideDeepError, match=r"another run works there\. Wait for it; a run may also have a --workdir"
    )
    with lock(tmp_path), refused, lock(tmp_path):
        pass
    with lock(tmp_path) as again:
        assert again.path == tmp_path


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from widedeep.pipeline.local.workdir import lock
with lock(Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == -9
    with lock(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(ConfigError, match=r"file/work: the working directory can't be written: Not a directory\.")
    with refused, lock(tmp_path / "file" / "work"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="can't be written: Permission denied"), lock(tmp_path):
        pass


def test_runs_sort_by_time_and_the_last_finished_one_is_found(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path)
    with pytest.raises(ConfigError, match="no run has finished there"):
        workdir.last_run()
    folders = [workdir.new_run() for _ in range(3)]
    assert folders == sorted(folders)
    for folder in folders[:2]:
        (folder / "run.json").write_text("{}")
    assert workdir.last_run() == folders[1]


@pytest.mark.parametrize("sign", ["[", "*", "?"])
def test_a_folder_whose_name_would_be_a_pattern_is_refused(tmp_path: Path, sign: str) -> None:
    folder = tmp_path / f"work {sign}v2]" / "inner"
    with pytest.raises(ConfigError) as caught, lock(folder):
        pass
    assert str(caught.value) == (
        f"{folder}: a working directory can't have {sign} in its path: Beam takes that for a pattern of files, and "
        "might read another folder's. Choose another with --workdir."
    )
    assert not folder.exists()


def test_a_folder_with_other_signs_is_none(tmp_path: Path) -> None:
    with lock(tmp_path / "my work: (v2) {x} é :dog:") as workdir:
        assert workdir.path.is_dir()
