"""How a container's processes end: an error in a sentence after its trace, and an exit code."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import click

from widedeep.components.common.errors import WideDeepError, unwrap
from widedeep.components.metadata.cluster.database import tell
from widedeep.pipeline.launcher.termination import TerminatedError


def run_and_exit(action: Callable[[], None]) -> NoReturn:
    """Does something, and ends the process: with 0, or with the exit code of its error."""
    # Argo starts containers without a mask: whoever mounts the volume could change a model that is served.
    os.umask(0o022)
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(name)s: %(message)s")
    code = 0
    try:
        action()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except TerminatedError:
        # Whoever sent it knows. What was begun elsewhere has been ended.
        code = 128 + signal.SIGTERM
    except Exception as error:
        cause = unwrap(error)
        if isinstance(cause, WideDeepError):
            # An error for people inside of another one: who looks for the cause will want the whole.
            if cause is not error:
                traceback.print_exc()
            tell(f"Error: {cause}")
            code = cause.exit_code
        else:
            traceback.print_exc()
            tell(f"Error: {type(error).__name__}: {error}")
            code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of Beam and gRPC would keep the container from ending.
    os._exit(code)
