"""Functions of the elements of data sets, traced once for all passes over all blocks."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from widedeep.components.examples.record_files import UNTUNED

# What is ready waits in memory: some parts of rows with many ids each are a gigabyte.
_AT_ONCE = min(os.cpu_count() or 1, 8)


class TracedFunction:
    """A function of an element's parts, however many rows these have.

    tf.data traces a function each time that a data set is made with it, which takes as long as a dozen steps; so these
    data sets are made as tf.data makes them, of a function that stays.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        # There is no Python control flow to convert, and looking for it takes most of the tracing's time.
        self._function = tf.function(function, autograph=False)

    def ahead(self, data: tf.data.Dataset) -> tf.data.Dataset:
        """The function of each element, in their order, as many at a time as there are cores, before it is asked for.

        Args:
            data: its elements are tensors, or tuples of them.
        """
        traced = self._traced(data)
        specs = tf.nest.map_structure(_spec, traced.structured_outputs)
        flat = tf.nest.flatten(specs)
        made = tf.raw_ops.ParallelMapDatasetV2(
            input_dataset=tf.data.experimental.to_variant(data),
            other_arguments=traced.captured_inputs,
            num_parallel_calls=tf.constant(_AT_ONCE, tf.int64),
            f=traced,
            output_types=[spec.dtype for spec in flat],
            output_shapes=[spec.shape for spec in flat],
            preserve_cardinality=True,
        )
        return tf.data.experimental.from_variant(made, specs).with_options(UNTUNED)

    def _traced(self, data: tf.data.Dataset) -> Any:
        spec = data.element_spec
        return self._function.get_concrete_function(
            *tf.nest.map_structure(_of_any_length, spec if isinstance(spec, tuple) else (spec,))
        )


def _of_any_length(spec: tf.TensorSpec) -> tf.TensorSpec:
    return tf.TensorSpec([None, *spec.shape[1:]], spec.dtype) if spec.shape.rank else spec


def _spec(tensor: tf.Tensor) -> tf.TensorSpec:
    return tf.TensorSpec(tensor.shape, tensor.dtype)
