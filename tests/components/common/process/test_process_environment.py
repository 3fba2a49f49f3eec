"""What libraries take for granted is there without home, account, folder for temporary files or UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# Of nobody's id: neither a home nor a name.
CODE = """
import getpass, json, os, pwd, tempfile
from pathlib import Path
def nobody(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
if os.environ.pop("NOBODY", None):
    pwd.getpwuid = nobody
from widedeep.components.common.process.process_environment import complete_environment
told = complete_environment()
if os.environ.pop("FORK", None):
    if os.fork() == 0:
        raise SystemExit
    os.wait()
    (Path.home() / ".keras").mkdir()
print(json.dumps({
    "told": told, "home": str(Path.home()), "there": Path.home().is_dir(), "user": getpass.getuser(),
    "folder": tempfile.gettempdir(), "TMPDIR": os.environ.get("TMPDIR"),
}))
"""


def called(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    # As users' programs inherit it, not as this test does.
    return subprocess.run(
        [sys.executable, "-c", code],
        env=path | environment,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
        timeout=60,
    )


def test_nobody_has_a_home_of_the_process_s_own_and_a_name(tmp_path: Path) -> None:
    done = called(CODE, NOBODY="1", FORK="1", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["home"]).parent == tmp_path
    assert (told["there"], told["user"], told["told"]) == (True, f"uid-{os.getuid()}", [])
    # It is gone with the process, and not with one that it forked.
    assert list(tmp_path.iterdir()) == []


def test_what_there_is_stays(tmp_path: Path) -> None:
    told = json.loads(called(CODE, NOBODY="1", HOME=str(tmp_path), USER="ann", TMPDIR=str(tmp_path)).stdout)
    assert (told["home"], told["user"], told["TMPDIR"], told["told"]) == (str(tmp_path), "ann", str(tmp_path), [])


def test_a_folder_for_temporary_files_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    told = json.loads(called(CODE, HOME=str(tmp_path), TMPDIR=gone).stdout)
    folder = told["folder"]
    assert folder != gone
    # Programs that are started take it from there.
    assert told["TMPDIR"] == folder
    assert told["told"] == [f"TMPDIR is {gone}, where nothing can be written: {folder} is taken instead."]


def test_a_folder_that_is_a_pattern_to_tensorflow_goes_by_a_link(tmp_path: Path) -> None:
    named = tmp_path / "of [any] *"
    named.mkdir()
    read_back = """
import tensorflow as tf
path = Path(tempfile.mkdtemp(), "rows")
path.write_text("here")
print(json.dumps([tf.io.gfile.glob(str(path)) == [str(path)], str(path.resolve())]))
"""
    done = called(CODE + read_back, HOME=str(tmp_path), TMPDIR=str(named))
    assert done.returncode == 0, done.stderr
    told, [matched, path] = map(json.loads, done.stdout.splitlines())
    assert (told["told"], told["TMPDIR"]) == ([], told["folder"])
    assert not set(told["folder"]) & set("[*?")
    # What is kept there lies where the person wants it, and the link is gone with the process.
    assert matched
    assert Path(path).is_relative_to(named)
    assert not Path(told["folder"]).is_symlink()
    assert not Path(told["folder"]).parent.exists()


def test_without_any_such_folder_it_is_one_line(tmp_path: Path) -> None:
    code = """
import tempfile
def none():
    raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")
tempfile.gettempdir = none
from widedeep.pipeline.cli import main
main()
"""
    done = called(code, HOME=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "Error: there is no folder for temporary files that can be written, neither TMPDIR nor /tmp or /var/tmp. Make "
        "one, and name it in TMPDIR.\n"
    )


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark(tmp_path: Path) -> None:
    code = (
        "from widedeep.components.common.process.process_environment import complete_environment\n"
        "print(complete_environment(), '\\u2713 \\u2212 g')"
    )
    for encoding, shown in (("ascii", "[] ? ? g\n"), ("latin-1", "[] ? ? g\n"), ("utf-8", "[] \u2713 \u2212 g\n")):
        done = called(code, HOME=str(tmp_path), PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stdout) == (0, shown), done.stderr
