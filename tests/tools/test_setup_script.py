"""The set-up's words where it can't work. Other systems are stood in for by commands of their names on the PATH."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "Use the container image instead: make image (see the README)."
# What the scripts call besides bash's own.
NEEDED = ("bash", "cut", "dirname", "grep", "head", "sort", "cat", "sha256sum")


def fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def tools(folder: Path) -> Path:
    folder.mkdir()
    for name in NEEDED:
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return folder


def called(script: str, path: Path, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(cwd / "tools" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": str(path)}, timeout=60)


def checkout(folder: Path) -> Path:
    """The files that the set-up reads, without a .venv."""
    (folder / "tools").mkdir(parents=True)
    tools = [file for file in (ROOT / "tools").iterdir() if file.is_file()]
    for file in (ROOT / "requirements.lock", ROOT / "pyproject.toml", *tools):
        shutil.copy(file, folder / file.relative_to(ROOT))
    return folder


def test_on_a_mac_it_points_to_the_image_in_one_line(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin")
    fake(path, "uname", 'case "$1" in -s) echo Darwin;; *) echo arm64;; esac')
    done = called("setup.sh", path, cwd=checkout(tmp_path / "checkout"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "wheels for Linux x86_64 alone, this is Darwin arm64" in line
    assert line.endswith(IMAGE)


def test_without_a_python_that_fits_it_says_which_are_needed(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin")
    fake(path, "uname", 'case "$1" in -s) echo Linux;; *) echo x86_64;; esac')
    fake(path, "python3", "exit 1")
    done = called("setup.sh", path, cwd=checkout(tmp_path / "checkout"))
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 with its venv module found" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_musl_is_named(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin")
    fake(path, "getconf", "exit 1")
    done = called("private_glibc.sh", path, "python3", str(tmp_path / "venv"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "not glibc (musl?)" in line
    assert line.endswith(IMAGE)


def test_an_old_glibc_without_apt_is_named(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin")
    fake(path, "getconf", "echo glibc 2.34")
    done = called("private_glibc.sh", path, "python3", str(tmp_path / "venv"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "glibc 2.34 is older than 2.39" in line
    assert line.endswith(IMAGE)


def test_a_new_enough_glibc_is_left_alone(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin")
    fake(path, "getconf", "echo glibc 2.39")
    done = called("private_glibc.sh", path, "python3", str(tmp_path / "venv"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "venv").exists()
