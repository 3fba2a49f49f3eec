"""What a pass over the rows costs a process that trains on them. NumPy alone: peers' environments run it too."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.training.criteo.rows import BATCH, Rows, make_rows

_WARM_UP = 20
_KIB = 1024


def measure(fit: Callable[[Rows], float], version: str) -> None:
    """Writes what one pass costs to the file that the first argument names, as JSON.

    Keys: examples; wall and cpu, seconds; peak, the most bytes that the process held, and files, how many of them are
    pages of files, as of libraries; loss, the mean of the pass; and version.

    Args:
        fit: goes over rows once, in batches of BATCH, and returns the mean loss. A first, short pass is not timed.
        version: of what trains.
    """
    rows = make_rows()
    fit(rows.first(_WARM_UP * BATCH))
    wall, cpu = time.monotonic(), time.process_time()
    loss = fit(rows)
    cost = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu, **_memory()}
    told = {"examples": len(rows.label), **cost, "loss": float(loss), "version": version}
    Path(sys.argv[1]).write_text(json.dumps(told))


def _memory() -> dict[str, int]:
    # The peak that getrusage tells may be of the process that started this one.
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    fields = {name: int(values[0]) * _KIB for name, *values in lines if name in ("VmHWM:", "RssFile:")}
    return {"peak": fields["VmHWM:"], "files": fields["RssFile:"]}
