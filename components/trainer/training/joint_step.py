"""One joint training step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from widedeep.components.trainer.exchange.exchange import ALONE, Exchange, Gradients, TableGradient
from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.model.heads import Head
from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.model.network import WideDeepModel
from widedeep.components.trainer.training.optimizers import (
    NO_PENALTIES,
    Adagrad,
    Optimizer,
    Penalties,
    deep_optimizer,
)
from widedeep.components.trainer.training.schedule import factor
from widedeep.components.trainer.training_options import TrainingOptions


class _Gradients(NamedTuple):
    """Of a batch's summed loss: for the bias, the used rows of each table, and the hidden layers; and the totals.

    `held` is what the tables' variables held of the rows.
    """

    bias: tf.Tensor
    rows: tuple[tf.Tensor, ...]
    held: tuple[tf.Tensor, ...]
    tables: tuple[tf.Tensor, ...]
    layers: tuple[tf.Tensor, ...]
    totals: tf.Tensor


class JointTrainer(tf.Module):
    """FTRL on the wide part and AdaGrad or Adam on the deep part, from one backward pass of one loss.

    The gradients are those of the loss summed over the batch: see WideOptions. Under a strategy with several replicas
    each computes the gradients of a batch of its own; their sum, over other workers too where there are any, is applied
    to every copy of the variables.
    """

    def __init__(
        self,
        model: WideDeepModel,
        head: Head,
        options: TrainingOptions,
        signature: Batch,
        exchange: Exchange = ALONE,
    ) -> None:
        """Makes the optimizers' slots, for the strategy in whose scope it is called.

        Args:
            model: is trained in place.
            head: the label's loss.
            options: the optimizers' settings.
            signature: what a batch looks like, from `batch_signature`.
            exchange: those who train the same model, each on batches of its own.
        """
        super().__init__()
        self.model, self.exchange = model, exchange
        self.strategy = tf.distribute.get_strategy()
        self._head = head
        self._seed = options.seed
        # Of r of the negatives, the odds are 1/r times those of all: the loss is that of the logit - ln r, and the
        # model's own logit is of all (He et al. 2014, section 6.3).
        self._offset = -math.log(options.keep_negatives)
        self._schedule = options.deep.schedule
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        # Without penalties FTRL's update is AdaGrad's.
        self.bias = Adagrad(model.bias, options.wide.learning_rate)
        self.tables: list[Optimizer] = [
            table
            if isinstance(table, FtrlTable)
            else deep_optimizer(table, options.deep, Penalties(l2=options.deep.embedding_l2))
            for table in model.tables
        ]
        on_kernels = Penalties(options.deep.l1, options.deep.l2)
        kernels = {id(kernel) for kernel in model.hidden.kernels} if model.hidden else set()
        self.layers = [
            deep_optimizer(variable, options.deep, on_kernels if id(variable) in kernels else NO_PENALTIES)
            for variable in model.layers
        ]
        # There is no Python control flow to convert, and looking for it takes half of the tracing's time.
        self.run = tf.function(self._run, autograph=False)
        self.step = tf.function(self._step, input_signature=[signature], autograph=False)
        self.predict = tf.function(lambda batch: model(batch.inputs), input_signature=[signature], autograph=False)

    def start_at(self, bias: float) -> None:
        """Sets the bias before the first step."""
        self.model.bias.assign(tf.fill(self.model.bias.shape, bias))

    def _run(self, batches: Any, count: tf.Tensor) -> tf.Tensor:
        """`step` on the next `count` batches, in one call of the runtime: a call costs as much as a fifth of a step.

        Returns:
            The sum of the steps' results.
        """
        _, total = tf.while_loop(
            lambda done, _: done < count,
            lambda done, total: (done + 1, total + self._step(next(batches))),
            (tf.constant(0, tf.int64), tf.zeros([3], tf.float64)),
        )
        return total

    def _step(self, batch: Batch) -> tf.Tensor:
        """Updates the model by one batch of each replica of each worker.

        Returns:
            float64 [3]: the loss before the update, summed, the sum of weights, the examples.

        Raises:
            tf.errors.InvalidArgumentError: the loss or a gradient is no number; nothing was updated.
        """
        each = [
            self.strategy.experimental_local_results(part)
            for part in tf.nest.flatten(self.strategy.run(self._gradients, args=(batch,)))
        ]
        sums = self.exchange.sums(self._of_replicas(each))
        # The gradients too: ReLU makes 0 of NaN, so that the loss of an input that is no number may be one.
        numbers = [sums.totals, *sums.whole, *(table.gradient for table in sums.tables)]
        # A sum is no number where a part of it is none, and costs a fraction of looking at each part.
        added = tf.stack([tf.cast(tf.reduce_sum(tensor), tf.float32) for tensor in numbers])
        with tf.control_dependencies([tf.debugging.check_numerics(added, "the loss")]):
            rate = factor(self._schedule, self.steps)
            # The bias is of the wide part, for which there is no schedule.
            rates = [tf.ones([]), *(rate for _ in self.layers)]
            for optimizer, gradient, of_layer in zip([self.bias, *self.layers], sums.whole, rates, strict=True):
                self._update(optimizer.variable, optimizer.apply, (gradient, of_layer))
            held = each[1 + len(self.tables) : 1 + 2 * len(self.tables)]
            for table_optimizer, table, (of_rows, *_) in zip(self.tables, sums.tables, held, strict=True):
                rows, gradient = table if self._sole else _each_once(table)
                # Others use other rows.
                read = (of_rows,) if self._sole else ()
                self._update(table_optimizer.variable, table_optimizer.apply_rows, (gradient, rows, rate, *read))
            self.steps.assign_add(1)
        return sums.totals

    @property
    def _sole(self) -> bool:
        """Whether a step's rows come from one batch, and so each once."""
        return self.exchange.workers == 1 and int(self.strategy.num_replicas_in_sync) == 1

    def _of_replicas(self, each: list[tuple[tf.Tensor, ...]]) -> Gradients:
        """The worker's gradients, from those of its replicas, part by part as in _Gradients."""
        tables = len(self.tables)
        rows, gradients, layers = each[1 : 1 + tables], each[1 + 2 * tables : 1 + 3 * tables], each[1 + 3 * tables : -1]
        return Gradients(
            [tf.add_n(parts) for parts in (each[0], *layers)],
            [TableGradient(*map(_joined, parts)) for parts in zip(rows, gradients, strict=True)],
            tf.add_n(each[-1]),
        )

    def _gradients(self, batch: Batch) -> _Gradients:
        held = self.model.held(batch.inputs)
        values = [
            table.weights(rows) if isinstance(table, FtrlTable) else rows
            for table, rows in zip(self.model.tables, held, strict=True)
        ]
        layers = self.model.layers
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([self.model.bias, *values, *layers])
            logit = self.model.logit(self.model.parts(batch.inputs, values), self._dropout_seed())
            if self._offset:
                logit += self._offset
            loss = tf.reduce_sum(self._head.losses(batch.label, logit) * batch.weight)
        bias, tables, dense = tape.gradient(loss, (self.model.bias, values, layers))
        parts = (loss, tf.reduce_sum(batch.weight), tf.size(batch.label))
        return _Gradients(
            bias,
            tuple(uses.rows for uses in batch.inputs.uses),
            tuple(held),
            tuple(tf.convert_to_tensor(gradient) for gradient in tables),
            tuple(dense),
            # float64: these are added up over millions of examples.
            tf.stack([tf.cast(part, tf.float64) for part in parts]),
        )

    def _dropout_seed(self) -> tf.Tensor:
        """int64 [2], another one at each step of each replica of each worker."""
        context = tf.distribute.get_replica_context()
        replica = tf.cast(context.replica_id_in_sync_group, tf.int64)
        replicas = context.num_replicas_in_sync
        number = (self.steps * self.exchange.workers + self.exchange.number) * replicas + replica
        return tf.stack([tf.constant(self._seed, tf.int64), number * len(self.layers)])

    def _update(self, variable: tf.Variable, apply: Callable[..., None], args: tuple[tf.Tensor, ...]) -> None:
        self.strategy.extended.update(variable, lambda _, *arguments: apply(*arguments), args)


def _joined(parts: tuple[tf.Tensor, ...]) -> tf.Tensor:
    return parts[0] if len(parts) == 1 else tf.concat(parts, axis=0)


def _each_once(table: TableGradient) -> TableGradient:
    """The sums of the gradients of rows that come more than once."""
    rows, position = tf.unique(table.rows)
    return TableGradient(rows, tf.math.unsorted_segment_sum(table.gradient, position, tf.size(rows)))
