"""A stand-in that has imported what it needs before it is told what to serve.

    python -m widedeep.pipeline.commands.servers.spare

It reads one line, `{"arguments": [...], "log": PATH}`: what `widedeep` is called with, and what gets its output. Where
its input ends without one, nobody needs it any more, and it ends.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

from widedeep.components.common.process import lean_imports


def main() -> None:
    """Waits, and serves."""
    lean_imports.install()
    import widedeep.pipeline.commands.servers.serve
    import widedeep.serving.standin.server  # noqa: F401

    line = sys.stdin.readline()
    if not line:
        return
    told = json.loads(line)
    log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(log, stream.fileno())
    sys.argv[1:] = told["arguments"]
    runpy.run_module("widedeep.pipeline.cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
