"""A worker process of the direct runner, which is a new one at every step.

    python -P -m widedeep.components.common.process.direct_worker

As Beam's own, `apache_beam.runners.worker.sdk_worker_main`, but it imports less, and ends at once. Python would free
what was imported object by object, a second and a half of it, and Beam waits for its workers one after the other.
"""

from __future__ import annotations

import os
import sys

from widedeep.components.common.process import lean_imports


def main() -> None:
    """Works until the runner has no more to do."""
    lean_imports.install()
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
