"""kill -9 of a real process at each kind of step, while a reader polls: it never sees half a version."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.pusher.push import prune, push

REPOSITORY = Path(__file__).resolve().parents[3]

# Runs a step of a publisher, and kills itself before or after the so-manieth call of a function.
KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from widedeep.components.pusher.push import prune, push, push_again
model, base, step, call, number, when = sys.argv[1:]
owner, name = call.split(".")
owner = importlib.import_module(owner)
real, calls = getattr(owner, name), 0
def killing(*args, **kwargs):
    global calls
    calls += 1
    if calls == int(number) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = real(*args, **kwargs)
    if calls == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(owner, name, killing)
base = Path(base)
if step == "push":
    push(Path(model), base)
elif step == "again":
    push_again(base / "1", {"assets.extra/lineage.json": "new"})
else:
    prune(base, 1)
"""
# What a version may hold: what was pushed, and what a rollback makes of it.
CHANGED = "assets.extra/lineage.json"


def seen(base: Path) -> dict[str, dict[str, bytes]]:
    """What a reader that polls sees: each version with its files, but for those that are taken away while it reads."""
    states = {}
    for version in sorted(path for path in base.iterdir() if path.name.isdigit()):
        try:
            states[version.name] = {
                str(p.relative_to(version)): p.read_bytes() for p in version.rglob("*") if p.is_file()
            }
        except FileNotFoundError:
            assert not version.exists()
        # Its folders may have been gone before the first file was looked for.
        if not version.exists():
            states.pop(version.name, None)
    return states


@pytest.mark.parametrize(
    ("step", "call", "number", "when", "after"),
    [
        ("push", "os.mkdir", 2, "before", ["1", "2"]),
        ("push", "shutil.copyfile", 1, "before", ["1", "2"]),
        ("push", "shutil.copyfile", 3, "after", ["1", "2"]),
        ("push", "os.fsync", 1, "before", ["1", "2"]),
        ("push", "os.rename", 1, "before", ["1", "2"]),
        ("push", "os.rename", 1, "after", ["1", "2", "3"]),
        ("again", "os.link", 4, "after", ["1", "2"]),
        ("again", "os.fsync", 5, "before", ["1", "2"]),
        ("again", "os.rename", 1, "before", ["1", "2"]),
        ("again", "os.rename", 1, "after", ["1", "2", "3"]),
        ("prune", "os.rename", 1, "before", ["1", "2"]),
        ("prune", "os.rename", 1, "after", ["2"]),
        ("prune", "os.unlink", 3, "after", ["2"]),
    ],
)
def test_a_reader_never_sees_half_a_version(
    step: str,
    call: str,
    number: int,
    when: str,
    after: list[str],
    model: Path,
    files: dict[str, bytes],
    tmp_path: Path,
) -> None:
    base = tmp_path / "models"
    push(model, base)
    push(model, base)
    allowed = [files, files | {CHANGED: b"new"}]
    command = [sys.executable, "-c", KILLED, str(model), str(base), step, call, str(number), when]
    while_it_ran = []
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        while process.poll() is None:
            while_it_ran += [content for content in seen(base).values() if content not in allowed]
    assert process.returncode == -signal.SIGKILL
    assert while_it_ran == []
    last = seen(base)
    assert sorted(last) == after
    assert all(content in allowed for content in last.values())
    # The same step again ends it: nothing is left but versions.
    assert push(model, base).name == str(int(after[-1]) + 1)
    prune(base, 1)
    assert {path.name: content for path, content in zip(base.iterdir(), seen(base).values(), strict=True)} == {
        str(int(after[-1]) + 1): files
    }
