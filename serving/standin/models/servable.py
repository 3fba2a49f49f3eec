"""A version of a model in memory: a graph and a session of TF 1, as in TF Serving.

Feeds and fetches go by tensor name, and the model is a graph alone: no Python of it is ever run.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.config_pb2 import CallableOptions, RunOptions
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from widedeep.serving.literal_path import literal_path
from widedeep.serving.standin import tensor_protos
from widedeep.serving.standin.errors import invalid, numbered
from widedeep.serving.standin.models import freed_memory
from widedeep.serving.tensors import Array

# Ops that call back into the Python process that made the model.
_PYTHON_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
# A request is short: handing it to TensorFlow's threads costs more than running it, and they would be without bound.
_IN_THE_CALLERS_THREAD = RunOptions(inter_op_thread_pool=-1)
# Clients choose among a signature's outputs; each choice is a compiled call.
_MOST_CALLABLES = 64


class Servable:
    """A loaded version. Thread-safe; it closes when it was retired and the last request that holds it has ended."""

    def __init__(self, name: str, version: int, path: Path) -> None:
        """Loads it.

        Raises:
            ServingError: it can't be loaded, and why.
        """
        self.name = name
        self.version = version
        self._graph = tf.Graph()
        # Without growth a session takes a GPU's whole memory, and the next version would find none.
        options = tf.compat.v1.GPUOptions(allow_growth=True)
        with self._graph.as_default():
            self._session = tf.compat.v1.Session(config=tf.compat.v1.ConfigProto(gpu_options=options))
        try:
            self.signatures = self._load(path)
            self.defaults = {
                key: {alias: tensor_protos.decode(proto, alias) for alias, proto in signature.defaults.items()}
                for key, signature in self.signatures.items()
            }
        except BaseException:
            self._session.close()
            raise
        self._callables: OrderedDict[tuple[tuple[str, ...], ...], Any] = OrderedDict()
        self._making = threading.Lock()
        self._idle = threading.Condition()
        self._leases = 0
        self._retired = False

    def _load(self, path: Path) -> dict[str, SignatureDef]:
        try:
            with self._graph.as_default(), literal_path(path) as literal:
                meta = tf.compat.v1.saved_model.load(self._session, [tf.saved_model.SERVING], str(literal))
        except tf.errors.OpError as error:
            raise numbered(error.error_code, error.message) from error
        except (OSError, RuntimeError, ValueError, DecodeError) as error:
            raise invalid(f"{type(error).__name__}: {error}") from error
        bodies = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
        python = sorted({node.op for body in bodies for node in body} & _PYTHON_OPS)
        if python:
            raise invalid(f"The model holds {python[0]}, which runs only in the Python process that made it.")
        return dict(meta.signature_def)

    def run(self, feeds: Mapping[str, Array], fetches: Sequence[str]) -> dict[str, Array]:
        """Tensors by name in, tensors by name out.

        Raises:
            ServingError: what TensorFlow says.
        """
        inputs, outputs = tuple(sorted(feeds)), tuple(sorted(set(fetches)))
        try:
            call = self._callable(inputs, outputs)
            answers = call(*[feeds[name] for name in inputs])
            return {name: _array(answer) for name, answer in zip(outputs, answers, strict=True)}
        except tf.errors.OpError as error:
            raise numbered(error.error_code, error.message) from error
        except UnicodeDecodeError as error:
            # The message quotes the client's bytes, and the bindings could not make text of it: the code is lost.
            raise invalid(error.object.decode(errors="replace")) from error

    def _callable(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Any:
        key = inputs, outputs
        with self._making:
            call = self._callables.get(key)
            if call is None:
                options = CallableOptions(feed=inputs, fetch=outputs, run_options=_IN_THE_CALLERS_THREAD)
                call = self._session._make_callable_from_options(options)
                self._callables[key] = call
                if len(self._callables) > _MOST_CALLABLES:
                    self._callables.popitem(last=False)
            self._callables.move_to_end(key)
            return call

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Holds it open; yields False, and does not, where it was retired."""
        with self._idle:
            held = not self._retired
            self._leases += held
        try:
            yield held
        finally:
            with self._idle:
                self._leases -= held
                self._idle.notify_all()

    def close(self, timeout: float | None = None) -> bool:
        """Takes no more requests, waits for those in flight, and frees the memory; False where they took longer."""
        with self._idle:
            self._retired = True
            if not self._idle.wait_for(lambda: not self._leases, timeout):
                return False
        self._callables.clear()
        self._session.close()
        # The graph lies in cycles, with all its weights; Python would look for them only after many more loads.
        del self._session, self._graph
        gc.collect()
        freed_memory.give_back()
        return True

    def signature(self, name: str) -> tuple[str, SignatureDef | None]:
        """A signature and its name; "" is serving_default."""
        name = name or tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
        return name, self.signatures.get(name)


def _array(answer: Array | bytes) -> Array:
    """What a session gives for a string without dimensions is no array."""
    if not isinstance(answer, bytes):
        return answer
    array = np.empty((), object)
    array[()] = answer
    return array
