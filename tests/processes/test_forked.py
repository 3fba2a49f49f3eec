"""A forked process is to its parent what one with an interpreter of its own is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forked
import forkserver
import pytest
from forked import WIDEDEEP, module

PIPE = subprocess.PIPE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Its folder. What it forks imports all that it needs itself."""
    folder = tmp_path_factory.mktemp("server")
    with forked.serving(folder, preload=()):
        yield folder


@pytest.fixture(params=[subprocess.Popen, forked.Popen], ids=["interpreter", "forked"])
def popen(request: pytest.FixtureRequest, server: Path) -> Any:
    return request.param


def first(folder: Path, code: str) -> dict[str, str]:
    """An environment in which Python runs this before anything else."""
    (folder / "sitecustomize.py").write_text(code)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}


def test_output_and_exit_code(popen: Any) -> None:
    with popen([WIDEDEEP, "runn"], stdout=PIPE, stderr=PIPE, text=True) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "No such command 'runn'" in err


def test_input_folder_and_environment(popen: Any, tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['WORD'], sys.stdin.read()); sys.stdout.flush(); os._exit(7)"
    environment = first(tmp_path, code) | {"WORD": "there"}
    with popen([WIDEDEEP, "--help"], stdin=PIPE, stdout=PIPE, text=True, cwd=tmp_path, env=environment) as process:
        out, _ = process.communicate("given", timeout=60)
    assert (process.returncode, out) == (7, f"{tmp_path} there given\n")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_it(popen: Any, tmp_path: Path, number: signal.Signals) -> None:
    environment = first(tmp_path, "import time; print('ready', flush=True); time.sleep(60)")
    with popen([WIDEDEEP, "--help"], stdout=PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "ready\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
        process.send_signal(number)
        assert process.wait(timeout=60) == process.poll() == -number


@pytest.fixture
def heeded() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, as does each interpreter that it starts in turn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_is_an_exception_there(popen: Any, tmp_path: Path) -> None:
    code = "import os, time\ntry: print('ready', flush=True); time.sleep(60)\nexcept KeyboardInterrupt: os._exit(5)"
    with popen([WIDEDEEP, "--help"], stdout=PIPE, text=True, env=first(tmp_path, code)) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 5


def test_what_is_forked_forks_in_turn(server: Path, tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen.__module__, flush=True)"
    with forked.Popen([WIDEDEEP, "--help"], stdout=PIPE, text=True, env=first(tmp_path, code)) as process:
        out, _ = process.communicate(timeout=60)
    assert out.startswith("forked\nUsage: ")


def test_a_script_finds_what_lies_beside_it(popen: Any) -> None:
    script = forked.EXAMPLES / "loop" / "loop.py"
    with popen([sys.executable, script, "--help"], stdout=PIPE, text=True) as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out.split()[:2]) == (0, ["Usage:", "loop.py"])


def test_code_is_run(popen: Any) -> None:
    code = "import sys\ndef words(): return sys.argv, __name__\nprint(*words(), sys.modules['__main__'].words is words)"
    with popen([sys.executable, "-c", code, "a b"], stdout=PIPE, text=True) as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "['-c', 'a b'] __main__ True\n")


def test_which_commands_are_ours() -> None:
    assert module([WIDEDEEP, "run", Path("a.yaml")]) == ("widedeep.pipeline.cli", ["run", "a.yaml"])
    assert module([sys.executable, "-m", "widedeep.pipeline.cli", "serve"]) == ("widedeep.pipeline.cli", ["serve"])
    assert module([sys.executable, "-m", "pip"]) is None
    assert module([sys.executable, forked.EXAMPLES / "rank.py", "a"]) == (str(forked.EXAMPLES / "rank.py"), ["a"])
    assert module([sys.executable, "-c", "print()", "a"]) == ("-c", ["print()", "a"])
    assert module([sys.executable, "setup.py"]) is None
    assert module(["docker", "run"]) is None


def test_others_are_started_as_ever(server: Path) -> None:
    done = forked.Popen(["sh", "-c", "echo $PPID"], stdout=PIPE, text=True)
    out, _ = done.communicate(timeout=60)
    assert (done.returncode, int(out)) == (0, os.getpid())


def test_one_server_for_all_who_ask_in_a_folder(server: Path) -> None:
    before = (server / "forkserver").stat().st_ino
    with forked.serving(server, preload=()):
        assert (server / "forkserver").stat().st_ino == before
    assert forked.Popen.server == str(server / "forkserver")


def test_a_server_that_ends_has_forked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # A socket's path has 107 characters at most, fewer than pytest's folders may take.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        place = str(Path(folder, "server"))
        listener.bind(place)
        listener.listen()

        def answer_and_end() -> None:
            with listener.accept()[0] as client:
                client.sendall(forked.READY)
                forkserver.receive(client)

        ending = threading.Thread(target=answer_and_end)
        ending.start()
        monkeypatch.setattr(forked.Popen, "server", place)
        with pytest.raises(ConnectionResetError, match="has ended: nothing was forked"):
            forked.Popen([WIDEDEEP, "--help"])
        ending.join()
