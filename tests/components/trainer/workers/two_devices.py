"""A worker that takes its processor for two devices: python -m tests.components.trainer.workers.two_devices FOLDER."""

from __future__ import annotations

import os
from pathlib import Path

import tensorflow as tf

from widedeep.components.trainer.worker import command


def main() -> None:
    """See `worker.command`; how many devices a training had is written to a file, DEVICES_SEEN and the process."""
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy

    def of_both() -> tf.distribute.Strategy:
        strategy = mirrored(["CPU:0", "CPU:1"])
        Path(f"{os.environ['DEVICES_SEEN']}-{os.getpid()}").write_text(str(strategy.num_replicas_in_sync))
        return strategy

    # Without a GPU it would mirror to one device.
    tf.distribute.MirroredStrategy = of_both
    command()


if __name__ == "__main__":
    main()
