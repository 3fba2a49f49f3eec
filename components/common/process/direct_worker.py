"""A worker process of the direct runner, which is a new one at every step.

    python -P -m widedeep.components.common.process.direct_worker PID

PID: of the process that runs the pipeline, with which it ends. As Beam's own,
`apache_beam.runners.worker.sdk_worker_main`, but it imports less, and ends at once. Python would free what was imported
object by object, a second and a half of it, and Beam waits for its workers one after the other.
"""

from __future__ import annotations

import os
import sys

from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.parent import die_with


def main() -> None:
    """Works until the runner has no more to do."""
    die_with(int(sys.argv[1]))
    lean_imports.install()
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main([])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
