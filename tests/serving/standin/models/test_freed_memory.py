"""Memory that was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

# Pieces of 64 KiB come from the heap. Every twentieth lives on, and what is free between them no end of a heap.
_SCRIPT = """
import os
from widedeep.serving.standin.models import freed_memory

def anonymous():
    with open(f"/proc/{os.getpid()}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

pieces = [b"x" * 65536 for _ in range(2000)]
kept = pieces[::20]
full = anonymous()
del pieces
freed = anonymous()
freed_memory.give_back()
print(full - freed, freed - anonymous())
"""


def test_what_lies_free_between_pieces_that_live_on_is_given_back() -> None:
    """Of 125 MiB, 119 are freed: the C library keeps them by itself, and not afterwards."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    kept, given = map(float, done.stdout.split())
    assert kept < 30
    assert given > 90


def test_a_server_gives_back_now_and_then(serve, small_models, until, monkeypatch) -> None:
    """Without any reload."""
    from widedeep.serving.standin.models import manager

    given = []
    monkeypatch.setattr(manager, "_TIDY_SECONDS", 0.05)
    monkeypatch.setattr(manager.freed_memory, "give_back", lambda: given.append(1))
    serve(small_models, poll=0.01)
    until(lambda: len(given) > 2)
    assert len(given) > 2
