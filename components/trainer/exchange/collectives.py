"""Workers in processes of their own, on one machine or several: TensorFlow's collective operations over gRPC.

A step's rows go round as they are, so that a table costs what the batches use of it. Three collectives make a step:
the totals with the numbers of rows, the gradients of the layers as one sum, and the rows of all tables as one message,
which is as long as the longest worker's. Every worker then updates a copy of its own, by equal sums in one order.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.exchange.exchange import Gradients, TableGradient

# A group for each kind of message, none of them one of a strategy of TensorFlow's own.
_HEADS, _WHOLE, _ROWS, _SIZES, _INTEGERS, _NUMBERS = range(4711, 4717)
# TensorFlow remembers each instance's shape for good: a message is one of the instances that its length has. Padded to
# lengths of three binary digits, there are few.
_DIGITS, _SHORTEST = 3, 64


class Collectives:
    """See Exchange: the workers of a cluster."""

    def __init__(self, cluster: tf.distribute.cluster_resolver.ClusterResolver) -> None:
        """Starts this process's server, and waits for the others.

        From then on a worker that is lost ends what the others wait for within a minute, as tf.errors.UnavailableError:
        the strategy, which is made for that alone, looks after them every half minute.

        Args:
            cluster: its one job is `worker`; before any other of TensorFlow's operations.
        """
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=cluster)
        self.workers = len(cluster.cluster_spec().job_tasks("worker"))
        self.number = int(cluster.task_id)
        # The group is one of processors, wherever a worker's model lies.
        self._device = f"/job:worker/replica:0/task:{self.number}/device:CPU:0"
        self._gather_values = tf.function(self._padded_gather, autograph=False, reduce_retracing=True)

    def sums(self, own: Gradients) -> Gradients:
        """See Exchange."""
        with tf.device(self._device):
            lengths = [tf.cast(tf.size(table.rows), tf.float64) for table in own.tables]
            heads = self._gather(
                tf.concat([own.totals, tf.stack(lengths)] if lengths else [own.totals], axis=0), _HEADS
            )
            totals = own.totals.shape[0]
            tables = self._tables(own.tables, tf.cast(heads[:, totals:], tf.int64)) if own.tables else []
            return Gradients(self._whole(own.whole), tables, tf.reduce_sum(heads[:, :totals], axis=0))

    def gather(self, values: np.ndarray) -> list[np.ndarray]:
        """See Exchange."""
        gathered, sizes = self._gather_values(tf.constant(values))
        return [row[:size] for row, size in zip(gathered.numpy(), sizes.numpy(), strict=True)]

    def texts(self, text: str) -> list[str]:
        """See Exchange."""
        return [bytes(each.astype(np.uint8)).decode() for each in self.gather(np.array([*text.encode()], np.int64))]

    def _padded_gather(self, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.device(self._device):
            sizes = self._gather(tf.size(values, tf.int64)[None], _SIZES)[:, 0]
            kind = _INTEGERS if values.dtype.is_integer else _NUMBERS
            return self._gather_padded(values, tf.reduce_max(sizes), kind), sizes

    def _tables(self, own: list[TableGradient], lengths: tf.Tensor) -> list[TableGradient]:
        """All workers' rows, from lengths, int64 [workers, tables]."""
        widths = [table.gradient.shape[1] for table in own]
        parts = [part for rows, gradient in own for part in (rows, tf.bitcast(tf.reshape(gradient, [-1]), tf.int32))]
        message = tf.concat(parts, axis=0)
        sizes = lengths * (1 + tf.constant(widths, tf.int64))
        longest = tf.reduce_max(tf.reduce_sum(sizes, axis=1))
        messages = self._gather_padded(message, longest, _ROWS)
        begins = tf.cumsum(sizes, axis=1, exclusive=True)
        tables = []
        for number, width in enumerate(widths):
            rows, gradients = [], []
            for worker in range(self.workers):
                begin, count = begins[worker, number], lengths[worker, number]
                middle = begin + count
                rows.append(messages[worker, begin:middle])
                gradients.append(messages[worker, middle : middle + count * width])
            gradient = tf.reshape(tf.bitcast(tf.concat(gradients, axis=0), tf.float32), [-1, width])
            tables.append(TableGradient(tf.concat(rows, axis=0), gradient))
        return tables

    def _whole(self, own: list[tf.Tensor]) -> list[tf.Tensor]:
        flat = tf.concat([tf.reshape(gradient, [-1]) for gradient in own], axis=0)
        total = tf.raw_ops.CollectiveReduceV2(input=flat, merge_op="Add", final_op="Id", **self._arguments(_WHOLE))
        parts = tf.split(total, [gradient.shape.num_elements() for gradient in own])
        return [tf.reshape(part, gradient.shape) for part, gradient in zip(parts, own, strict=True)]

    def _gather_padded(self, values: tf.Tensor, longest: tf.Tensor, group: int) -> tf.Tensor:
        """[workers, n >= longest]: values [any] of each, and whatever comes after."""
        digits = tf.cast(tf.math.log(tf.cast(longest + 1, tf.float64)) / math.log(2.0), tf.int64) - _DIGITS + 1
        unit = tf.maximum(tf.bitwise.left_shift(tf.ones_like(digits), tf.maximum(digits, 0)), _SHORTEST)
        length = tf.maximum(-(-longest // unit), 1) * unit
        padded = tf.pad(values, [[0, length - tf.size(values, tf.int64)]])
        return self._gather(padded, group, tf.cast(length, tf.int32))

    def _gather(self, values: tf.Tensor, group: int, instance: tf.Tensor | int = 0) -> tf.Tensor:
        """[workers, n]: values [n], as many in each."""
        return tf.raw_ops.CollectiveGatherV2(input=values[None], **self._arguments(group, instance))

    def _arguments(self, group: int, instance: tf.Tensor | int = 0) -> dict[str, object]:
        return {
            "group_size": self.workers,
            "group_key": group,
            "instance_key": instance,
            "ordering_token": [],
            "communication_hint": "ring",
        }
