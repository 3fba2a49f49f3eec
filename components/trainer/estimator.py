"""The estimator: what tf.estimator.DNNLinearCombinedClassifier was, from a feature declaration."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components.common.progress import Listener
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.exchange.exchange import ALONE, Exchange, summed
from widedeep.components.trainer.export.served_model import ServedModel
from widedeep.components.trainer.model.heads import Quality, head
from widedeep.components.trainer.model.label_rates import LabelSums, check_label
from widedeep.components.trainer.model.precision import warn_where_slow
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.checkpoints import Checkpoints
from widedeep.components.trainer.training.cross_use import CrossUse, use
from widedeep.components.trainer.training.evaluation import evaluate, predict
from widedeep.components.trainer.training.loop import TrainingLoop
from widedeep.components.trainer.training.state import load, load_spec, new_training, save
from widedeep.components.trainer.training.training_record import Epoch
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.trainer.warm_start.transfer import warm_start
from widedeep.components.transform.auto_buckets import auto_columns, with_sizes


class WideDeepEstimator:
    """A wide, deep or wide-and-deep model over transformed examples.

    Example::

        estimator = WideDeepEstimator(features.load(path), tft.TFTransformOutput(graph), TrainingOptions(epochs=5))
        estimator.train(["transformed/train/*"], ["transformed/eval/*"])
        estimator.evaluate(["transformed/test/*"])  # {"auc": 0.79, "logloss": 0.55, "accuracy": 0.72}
        estimator.export("model")  # serves raw examples
    """

    def __init__(
        self,
        spec: FeatureSpec,
        transform_output: tft.TFTransformOutput,
        options: TrainingOptions,
        folder: str | None = None,
        base: str | None = None,
        exchange: Exchange = ALONE,
    ) -> None:
        """Makes the untrained model.

        Args:
            spec: the declaration that Transform used.
            transform_output: what Transform learned.
            options: variant, optimizers, epochs, seed.
            folder: for checkpoints; the same call with the same folder carries on where a killed one stopped. None:
                a temporary one.
            base: where `save_state` of an earlier model wrote that this one will start from: what Transform counted
                anew for `buckets: auto` stays as it was there.
            exchange: the workers that train together, `options.workers` of them. Without, this process trains what they
                would, on batches as large as theirs together.

        Raises:
            ConfigError: `options.model` needs features that the declaration lacks, or an option another kind of label.
            DataError: a vocabulary is empty.
        """
        options.check_label(spec.label.kind)
        if exchange is ALONE:
            options = options.in_one_process()
        tf.random.set_seed(options.seed)
        self._transform_output, self._folder, self._exchange = transform_output, folder, exchange
        with _strategy(options).scope():
            sized = with_sizes(spec, transform_output, load_spec(base) if base else None)
            strings = vocabularies(spec, transform_output)
            self._training = new_training(sized, options, strings, auto_columns(spec), exchange)
        self._head = head(spec.label)
        self._fresh = True
        #: The label in the examples that it was trained on, once trained.
        self.label = LabelSums(spec.label).rates()
        #: How full each cross is, once trained.
        self.crosses: list[CrossUse] = []

    def warm_start(self, folder: str) -> list[str]:
        """Takes over what this model shares with an earlier one (see `warm_start`).

        Args:
            folder: where `save_state` of the earlier model wrote.

        Returns:
            What was not taken over, and why, a sentence each.

        Raises:
            DataError: no whole state is there.
        """
        old = load(folder)
        # Of another label, nothing is taken over.
        self._fresh = old.spec.label != self._training.spec.label
        return warm_start(self._training, old)

    def train(
        self, train_files: Sequence[str], eval_files: Sequence[str], report: Listener = lambda _: None
    ) -> list[Epoch]:
        """Trains: equal inputs and seed give equal weights, bit for bit, on one machine.

        Args:
            train_files: patterns of gzipped TFRecords of transformed examples, to learn from.
            eval_files: the same, to watch.
            report: is told the progress.

        Returns:
            The epochs (see `TrainingLoop.run`).

        Raises:
            DataError: a split is empty, `eval_files` have one class only, all labels to learn from are the same, or the
                loss is no number.
        """
        trainer = self._training.trainer
        if self._training.options.deep.precision == "bfloat16":
            warn_where_slow()
        source = SplitExamples(train_files, self._training.spec, self._training.layout, exchange=self._exchange)
        keep_negatives = self._training.options.keep_negatives
        if self._fresh and self._training.spec.label.kind == "regression":
            # Labels may lie anywhere, and an optimizer's steps are small.
            trainer.start_at(_mean_label(source, self._exchange))
        elif self._fresh and keep_negatives < 1:
            # Of the examples that are trained on, an even chance.
            trainer.start_at(math.log(keep_negatives))
        fresh, self._fresh = self._fresh, False
        loop = TrainingLoop(trainer, self._head, source, self._source(eval_files), self._training.options)
        if self._folder is not None:
            curve = loop.run(Checkpoints(trainer, self._folder), report)
        else:
            with tempfile.TemporaryDirectory() as folder:
                curve = loop.run(Checkpoints(trainer, folder), report)
        self.label, self.crosses = source.label, self._crosses_of(source)
        check_label(self.label, fresh)
        return curve

    @property
    def parameters(self) -> int:
        """Number of weights that training may change."""
        model = self._training.trainer.model
        return sum(int(variable.shape.num_elements()) for variable in (model.bias, *model.tables, *model.layers))

    @property
    def wide_rows(self) -> tuple[int, int]:
        """Rows of the wide table, and how many of them have a weight that L1 did not leave at 0."""
        wide = self._training.trainer.model.wide
        weights = np.zeros([0, 1]) if wide is None else wide.numpy()
        return len(weights), int(np.count_nonzero(np.any(weights != 0, axis=1)))

    def _crosses_of(self, source: SplitExamples) -> list[CrossUse]:
        wide = self._training.layout.wide
        names, used = {cross.name for cross in self._training.spec.crosses}, source.used
        return [
            use(slot.column, slot.size, int(np.count_nonzero(used[slot.offset : slot.offset + slot.size])))
            for slot in (wide.slots if wide else ())
            if slot.column in names
        ]

    def evaluate(self, files: Sequence[str]) -> Quality:
        """Metrics by name on other transformed examples."""
        return evaluate(self._training.trainer, self._head, self._source(files))

    def predict(self, files: Sequence[str]) -> np.ndarray:
        """float32 [n] ([n, classes] of a multi-class label): scores of transformed examples, in reading order."""
        logits = [logit for logit, _, _ in predict(self._training.trainer, self._source(files))]
        return np.asarray(self._head.scores(tf.concat(logits, axis=0)))

    def export(self, path: str) -> None:
        """Writes the SavedModel that serves raw examples."""
        ServedModel(self._training.spec, self._transform_output, self._training.trainer.model, self._head).save(path)

    def save_state(self, folder: str) -> None:
        """Writes what a later model needs for a warm start."""
        save(self._training, folder)

    def _source(self, files: Sequence[str]) -> SplitExamples:
        return SplitExamples(files, self._training.spec, self._training.layout)


def _mean_label(source: SplitExamples, exchange: Exchange) -> float:
    """Of the first block of each worker, weighted."""
    block = next(iter(source.blocks()), None) or source.no_block()
    label, weight = (values.numpy().astype(np.float64) for values in (block.label, block.weight))
    labels, weights = summed(exchange, [label @ weight, weight.sum()])
    return float(labels / weights) if weights else 0.0


def _strategy(options: TrainingOptions) -> tf.distribute.Strategy:
    # Without a GPU, it mirrors to one device: the CPU.
    return tf.distribute.MirroredStrategy() if options.distribute == "mirrored" else tf.distribute.get_strategy()
