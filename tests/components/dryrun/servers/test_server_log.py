"""The server's error, out of what it printed."""

from __future__ import annotations

import signal

import pytest

from widedeep.components.dryrun.servers.server_log import ending, server_error

SAID = {
    "the end of a Python trace": (
        "A stand-in\nTraceback (most recent call last):\n  File 'x'\nImportError: no libx\nStopping.",
        "ImportError: no libx",
    ),
    "TensorFlow's lines of level E": (
        "2026-01-02 03:04:05.678: I tensorflow/a.cc:1] Reading\n"
        "2026-01-02 03:04:05.678: E tensorflow/b.cc:2] No versions of servable candidate\n"
        "2026-01-02 03:04:05.678: I tensorflow/a.cc:1] Waiting",
        "2026-01-02 03:04:05.678: E tensorflow/b.cc:2] No versions of servable candidate",
    ),
    "what it says of every machine without a graphics card": (
        "E0000 00:00:1 1 cuda_platform.cc:51] failed call to cuInit: UNKNOWN ERROR (303)\nserved",
        "E0000 00:00:1 1 cuda_platform.cc:51] failed call to cuInit: UNKNOWN ERROR (303) / served",
    ),
    "a loader": (
        "starting\nserver: error while loading shared libraries: libx.so.1\nbye",
        "server: error while loading shared libraries: libx.so.1",
    ),
    "docker": (
        "docker: Error response from daemon: pull access denied for x.\n\nRun 'docker run --help' for more.",
        "docker: Error response from daemon: pull access denied for x",
    ),
    "no error": ("\n".join("abcdefg"), "c / d / e / f / g"),
    "nothing": ("\n", "it printed nothing"),
    "no text": ("\udcff", "\N{REPLACEMENT CHARACTER}"),
}


@pytest.mark.parametrize("case", SAID)
def test_the_error_is_found(case, tmp_path):
    printed, told = SAID[case]
    (tmp_path / "log").write_bytes(printed.encode(errors="surrogateescape"))
    assert server_error(tmp_path / "log") == told


def test_of_a_server_that_runs_the_head_of_its_log_is_no_error(tmp_path):
    (tmp_path / "log").write_text("A stand-in\n")
    assert server_error(tmp_path / "log", running=True) == "it printed no error"
    (tmp_path / "log").write_text("A stand-in\nOSError: no room\nnext try")
    assert server_error(tmp_path / "log", running=True) == "OSError: no room"


def test_an_error_is_never_long(tmp_path):
    (tmp_path / "log").write_text("error: " + 1000 * "x")
    assert server_error(tmp_path / "log") == "error: " + 293 * "x" + "... (1,007 characters)"


def test_how_it_ended():
    assert ending(7) == "ended with code 7"
    assert ending(-signal.SIGSEGV) == "was ended by SIGSEGV"
    assert ending(-signal.SIGKILL) == "was ended by SIGKILL (was memory short?)"
    assert ending(-64) == "was ended by SIGRTMAX"
    assert ending(-99) == "was ended by signal 99"
