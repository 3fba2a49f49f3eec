"""One of the workers that train together: python -m widedeep.components.trainer.worker FOLDER.

The cluster and the worker's number in it stand in the variable TF_CONFIG, as TensorFlow has it:
{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any, NoReturn

import click

from widedeep.components.common import progress
from widedeep.components.common.errors import WideDeepError, reason
from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.parent import die_with

# Seconds between two looks at whether all have ended.
_PAUSE = 0.2


@click.command()
@click.argument("folder")
@click.option("--parent", type=int, help="Process that ends this one when it ends.")
def command(folder: str, parent: int | None) -> None:
    """Trains a share of the work in FOLDER, and ends with 0 when the training is done."""
    if parent is not None:
        die_with(parent)
    lean_imports.install()
    # TensorFlow takes seconds to import, in which the parent may have died.
    from widedeep.components.trainer.workers.mailbox import Mailbox

    config = json.loads(os.environ["TF_CONFIG"])
    number, mailbox = int(config["task"]["index"]), Mailbox(folder)
    try:
        _train(config["cluster"], number, mailbox)
    except Exception as error:
        traceback.print_exc()
        mailbox.tell_trouble(number, _trouble(error))
        _leave(1)
    _leave(0)


def _train(cluster: dict[str, Any], number: int, mailbox: Any) -> None:
    import tensorflow as tf

    from widedeep.components.trainer.exchange.collectives import Collectives
    from widedeep.components.trainer.run import train

    exchange = Collectives(
        tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(cluster),
            task_type="worker",
            task_id=number,
            rpc_layer="grpc",
            # The strategy behind the exchange has no part in where the model lies.
            num_accelerators={"GPU": 0},
        )
    )
    mailbox.tell_met(number)
    work = SimpleNamespace(**mailbox.work())
    if number == 0:
        with progress.listener(mailbox.tell_progress):
            train(work, exchange)
    else:
        train(work, exchange)
    mailbox.tell_end(number)
    # Others may still fetch what this one gave: none ends before all have what they need.
    while not mailbox.all_ended(exchange.workers):
        time.sleep(_PAUSE)


def _trouble(error: Exception) -> Any:
    import tensorflow as tf

    from widedeep.components.trainer.workers.mailbox import Trouble

    if isinstance(error, WideDeepError):
        return Trouble(kind=type(error).__name__, words=str(error), of_another=False)
    # As TensorFlow says that another worker is gone.
    lost = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
    of_another = isinstance(error, (*lost, tf.errors.FailedPreconditionError))
    words = "it lost another" if of_another else f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return Trouble(kind=None, words=reason(words), of_another=of_another)


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    # TensorFlow's server and its watch over the others would go on.
    os._exit(code)


if __name__ == "__main__":
    command()
