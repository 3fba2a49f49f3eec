"""A push appears whole or not at all, whatever fails or kills it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import WideDeepError
from widedeep.components.pusher.push import push

REPOSITORY = Path(__file__).resolve().parents[3]
FULL = "the disk is full. Free some space and run the same command again. No version has changed."


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_versions_rise(model: Path, files: dict[str, bytes], tmp_path: Path) -> None:
    base = tmp_path / "models" / "taxi"
    assert [push(model, base).name for _ in range(3)] == ["1", "2", "3"]
    assert sorted(path.name for path in base.iterdir()) == ["1", "2", "3"]
    assert all(content(base / version) == files for version in "123")
    (model / "saved_model.pb").write_bytes(b"new")
    shutil.rmtree(base / "2")
    (base / "17").mkdir()
    for name in ("latest", "99.bak", "²"):
        (base / name).mkdir()
    assert push(model, base) == base / "18"
    assert content(base / "18") == {**files, "saved_model.pb": b"new"}
    assert content(base / "1") == files


def outcome(model: Path, base: Path) -> Path | str:
    try:
        return push(model, base)
    except WideDeepError as error:
        return str(error)


CALLS = [("shutil", "copyfile"), ("os", "mkdir"), ("os", "fsync"), ("os", "rename")]


@pytest.mark.parametrize(("module", "name"), CALLS)
def test_failure_at_every_step(
    module: str, name: str, model: Path, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "models"
    push(model, base)
    before = content(base)
    owner = sys.modules[module]
    real: Callable[..., Any] = getattr(owner, name)
    calls = steps = 0

    def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == steps:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        return real(*args, **kwargs)

    failed = 0
    for steps in range(1, 100):
        calls = 0
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, failing)
            pushed = outcome(model, base)
        if isinstance(pushed, str):
            failed += 1
            assert pushed == f"the model could not be pushed to {base}: {FULL}"
            assert content(base) == before
            assert [path.name for path in base.iterdir()] == ["1"]
            continue
        # That many calls, or a sync of a folder, which is not needed for a version to be whole.
        assert content(pushed) == files
        shutil.rmtree(pushed)
        if calls < steps:
            break
    # Files: 6. Folders: the hidden one and 3 in it. Synced: each file. Renamed: once.
    assert failed == {"copyfile": 6, "mkdir": 4, "fsync": 6, "rename": 1}[name]


LIMITED = """
import resource, sys
from pathlib import Path
from widedeep.components.common.errors import WideDeepError
from widedeep.components.pusher.push import push
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    print(push(Path(sys.argv[1]), Path(sys.argv[2])).name)
except WideDeepError as error:
    print(error)
"""


@pytest.mark.parametrize(("limit", "succeeds"), [(0, False), (2000, False), (299_999, False), (300_000, True)])
def test_file_that_can_not_be_written_whole(
    limit: int, succeeds: bool, model: Path, files: dict[str, bytes], tmp_path: Path
) -> None:
    """A real fault of write(2): the largest file is 300,000 bytes."""
    base = tmp_path / "models"
    push(model, base)
    command = [sys.executable, "-c", LIMITED, str(model), str(base), str(limit)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    if succeeds:
        assert done.stdout == "2\n"
        assert content(base / "2") == files
    else:
        assert done.stdout.startswith(f"the model could not be pushed to {base}: [Errno 27] File too large")
        assert done.stdout.endswith(". Mend that and run the same command again. No version has changed.\n")
        assert [path.name for path in base.iterdir()] == ["1"]
    assert content(base / "1") == files


def test_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WideDeepError, match=r"No such file or directory: '.*/none'\. Mend that and"):
        push(tmp_path / "none", tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_base_that_is_a_file(model: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(WideDeepError, match=r"could not be pushed to .*/models: \[Errno 17\] File exists"):
        push(model, tmp_path / "models")


def test_other_faults_of_a_file_are_named(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(source: Any, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(source))

    monkeypatch.setattr(shutil, "copyfile", denied)
    with pytest.raises(WideDeepError) as caught:
        push(model, tmp_path / "models")
    assert "[Errno 13] Permission denied: " in str(caught.value)
    assert str(caught.value).count("Errno") == 1  # one file is named, not all
