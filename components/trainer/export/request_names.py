"""The names of a signature's inputs, where TensorFlow could not export them under their own.

An input called `class`, or `Age` beside `age`, is exported under another name (see
widedeep.components.features.names.argument_names). Servers know inputs by the names in the SavedModel's SignatureDefs,
which are no Python's: there each gets its own back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

_FINGERPRINT = "fingerprint.pb"


def give_request_names(path: str, arguments: Mapping[str, str]) -> None:
    """Renames the inputs of a SavedModel's signatures.

    Args:
        path: its folder.
        arguments: by the names that requests have, the names that inputs were exported under.
    """
    names = {argument: name for name, argument in arguments.items() if argument != name}
    if not names:
        return
    file = os.path.join(path, tf.saved_model.SAVED_MODEL_FILENAME_PB)
    with tf.io.gfile.GFile(file, "rb") as exported:
        model = SavedModel.FromString(exported.read())
    for signature in model.meta_graphs[0].signature_def.values():
        for tensors in (signature.inputs, signature.defaults):
            for argument, name in names.items():
                if argument in tensors:
                    tensors[name].CopyFrom(tensors[argument])
                    del tensors[argument]
    with tf.io.gfile.GFile(file, "wb") as written:
        written.write(model.SerializeToString(deterministic=True))
    # It says how the file was before; a model may be without one.
    tf.io.gfile.remove(os.path.join(path, _FINGERPRINT))
