"""A finished training's state, from which a later one can start: weights, optimizers' slots and what their rows mean.

Lies beside the served model, and is never pushed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass

import tensorflow as tf

from widedeep.components import features
from widedeep.components.common.errors import DataError, reason
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.exchange.exchange import ALONE, Exchange
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.inputs import batch_signature
from widedeep.components.trainer.model.layout import Layout, make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training_options import TrainingOptions

FOLDER = "Format-Training"
_FEATURES, _OPTIONS, _VOCABULARIES = "features.json", "training.json", "vocabularies"
# The name says what lies there: of the wide table FTRL's sums. Earlier versions wrote other things under other names.
_WEIGHTS = "weights-sums"
# The columns whose ids Transform makes of more buckets; there where there are any.
_CUT = "cut.json"
# Of the vocabularies: records, since a string may hold any bytes, line breaks too.
_COMPRESSION = "GZIP"
# Strings that are read at once.
_BATCH = 10_000
Vocabularies = dict[str, list[bytes]]


@dataclass(frozen=True)
class Training:
    """A model with its optimizers, and what it was made from; `vocabularies` holds strings by their ids."""

    spec: FeatureSpec
    options: TrainingOptions
    vocabularies: Vocabularies
    layout: Layout
    trainer: JointTrainer


def new_training(
    spec: FeatureSpec,
    options: TrainingOptions,
    vocabularies: Vocabularies,
    cut: Collection[str] = (),
    exchange: Exchange = ALONE,
) -> Training:
    """A training before its first step.

    Args:
        spec: the declaration, with a number for each `buckets: auto`.
        options: the training's.
        vocabularies: what Transform learned.
        cut: names of the columns whose ids Transform makes of more buckets than the declaration has.
        exchange: the workers that train together.

    Raises:
        ConfigError: `options.model` needs features that the declaration lacks.
    """
    label = head(spec.label)
    sizes = {name: len(strings) for name, strings in vocabularies.items()}
    layout = make_layout(spec, sizes, options.model, label.outputs, cut)
    model = new_model(layout, options, label.outputs)
    trainer = JointTrainer(model, label, options, batch_signature(spec, layout), exchange)
    return Training(spec, options, vocabularies, layout, trainer)


def save(training: Training, folder: str) -> None:
    """Writes the state; `load` finds it only when it is whole."""
    tf.io.gfile.makedirs(os.path.join(folder, _VOCABULARIES))
    for name, strings in training.vocabularies.items():
        with tf.io.TFRecordWriter(os.path.join(folder, _VOCABULARIES, name), _COMPRESSION) as writer:
            for string in strings:
                writer.write(string)
    _write(os.path.join(folder, _OPTIONS), training.options.model_dump_json().encode())
    tf.train.Checkpoint(trainer=training.trainer).write(os.path.join(folder, _WEIGHTS))
    if cut := [column.name for column in training.layout.id_columns if column.cut]:
        _write(os.path.join(folder, _CUT), json.dumps(cut).encode())
    _write(os.path.join(folder, _FEATURES), features.to_json(training.spec).encode())


def load_spec(folder: str) -> FeatureSpec:
    """The declaration of the training whose state lies in a folder.

    Raises:
        DataError: there is none, or it can't be used.
    """
    try:
        return features.from_json(_read(os.path.join(folder, _FEATURES)).decode())
    except (tf.errors.OpError, ValueError) as error:
        raise _not_whole(folder, reason(error)) from error


def load(folder: str) -> Training:
    """Reads the state back.

    Raises:
        DataError: there is none, or it can't be used.
    """
    try:
        spec = features.from_json(_read(os.path.join(folder, _FEATURES)).decode())
        options = TrainingOptions.model_validate_json(_read(os.path.join(folder, _OPTIONS)))
        vocabularies = {
            name: _strings(os.path.join(folder, _VOCABULARIES, name))
            for name in tf.io.gfile.listdir(os.path.join(folder, _VOCABULARIES))
        }
        cut_file = os.path.join(folder, _CUT)
        cut = json.loads(_read(cut_file)) if tf.io.gfile.exists(cut_file) else ()
        training = new_training(spec, options, vocabularies, cut)
        checkpoint = tf.train.Checkpoint(trainer=training.trainer)
        checkpoint.read(os.path.join(folder, _WEIGHTS)).assert_existing_objects_matched()
    # What TensorFlow and pydantic raise of files that are missing, cut short, or written by other code.
    except (tf.errors.OpError, AssertionError, LookupError, ValueError) as error:
        why = "weights and settings do not fit" if isinstance(error, AssertionError) else reason(error)
        raise _not_whole(folder, why) from error
    return training


def _not_whole(folder: str, why: str) -> DataError:
    return DataError(
        f"{folder}: the last blessed model's training state is missing or not whole, or an earlier version wrote "
        f"it: {why}. To start without it, set training.warm_start to false for one run."
    )


def _write(path: str, content: bytes) -> None:
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)


def _read(path: str) -> bytes:
    with tf.io.gfile.GFile(path, "rb") as file:
        return bytes(file.read())


def _strings(path: str) -> list[bytes]:
    # In batches: each step of an iterator costs as much as reading a hundred strings.
    batches = tf.data.TFRecordDataset(path, _COMPRESSION).batch(_BATCH).as_numpy_iterator()
    return [string for batch in batches for string in batch.tolist()]
