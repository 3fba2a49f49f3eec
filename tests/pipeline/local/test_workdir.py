import os
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.local.workdir import Workdir, locked, write_if_changed


def test_a_second_run_in_one_folder_is_refused_and_the_first_one_frees_it(tmp_path: Path) -> None:
    refused = pytest.raises(
        WideDeepError, match=r"another run works there\. Wait for it; a run may also have a --workdir"
    )
    with locked(tmp_path), refused, locked(tmp_path):
        pass
    with locked(tmp_path) as again:
        assert again.path == tmp_path


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from widedeep.pipeline.local.workdir import locked
with locked(Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == -9
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(ConfigError, match=r"file/work: the working directory can't be written: Not a directory\.")
    with refused, locked(tmp_path / "file" / "work"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="can't be written: Permission denied"), locked(tmp_path):
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


def test_an_equal_file_keeps_its_time_and_a_changed_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "schema.pbtxt"
    write_if_changed(path, "one")
    os.utime(path, (1, 1))
    write_if_changed(path, "one")
    assert path.stat().st_mtime == 1
    write_if_changed(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mtime > 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["schema.pbtxt"]


def test_a_schema_lies_under_a_name_of_its_content(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path)
    one, again, other = workdir.schema("one"), workdir.schema("one"), workdir.schema("other")
    assert one == again != other
    assert (one.read_text(), other.read_text()) == ("one", "other")
