import os
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.local import plain_path
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


@pytest.fixture
def lasting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(plain_path, "_LASTING", tmp_path)
    return tmp_path / f"widedeep-{os.getuid()}"


@pytest.mark.parametrize("sign", ["[", "*", "?", "\\"])
def test_what_is_worked_on_in_a_folder_whose_name_would_be_a_pattern(tmp_path: Path, lasting: Path, sign: str) -> None:
    """Is known by a link, which is made again where it is gone."""
    folder = tmp_path / f"work {sign}v2]" / "inner"
    with lock(folder) as workdir:
        assert workdir.models == folder / "models"
        assert workdir.artifacts.parent.parent == lasting
        assert workdir.artifacts.parent.resolve() == folder
    assert lasting.stat().st_mode & 0o777 == 0o700
    before = workdir.artifacts
    before.parent.unlink()
    assert workdir.artifacts == before
    assert before.parent.resolve() == folder
    other = Workdir(folder.with_name("other"))
    assert other.artifacts != before
    # A link to a folder that is gone goes as well, once another one is made.
    folder.rename(tmp_path / "elsewhere")
    other.path.mkdir()
    _ = Workdir(folder.with_name("third")).artifacts
    assert [link.resolve().name for link in lasting.iterdir() if link.exists()] == ["other"]
    assert len(list(lasting.iterdir())) == 2


def test_others_links_are_not_followed(tmp_path: Path, lasting: Path) -> None:
    lasting.mkdir(mode=0o777)
    lasting.chmod(0o777)
    with pytest.raises(WideDeepError) as caught:
        _ = Workdir(tmp_path / "[v2]").artifacts
    assert str(caught.value) == (
        f"{lasting}: links to folders whose paths have [, *, ? or \\ in them can't be made there: is not a folder of "
        f"this user's alone. Mend that, or choose another folder than {tmp_path}/[v2] with --workdir."
    )


def test_a_folder_with_other_signs_is_none(tmp_path: Path) -> None:
    with lock(tmp_path / "my work: (v2) {x} é :dog:") as workdir:
        assert workdir.artifacts == workdir.path / "artifacts"
