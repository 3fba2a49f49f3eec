"""A model that several steps ask is loaded once, and anew when it is another."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from widedeep.components.common.served_models import served_model


def save(folder: Path, value: float, operations: int = 1) -> None:
    module = tf.Module()
    module.add = tf.function(
        lambda x: tf.add_n([x] * operations) + value, input_signature=[tf.TensorSpec([], tf.float32)], autograph=False
    )
    tf.saved_model.save(module, str(folder))


def test_a_model_is_loaded_once(tmp_path: Path) -> None:
    save(tmp_path, 1.0)
    assert served_model(str(tmp_path)) is served_model(str(tmp_path))


def test_another_model_in_the_same_folder_is_loaded(tmp_path: Path) -> None:
    save(tmp_path, 1.0)
    assert served_model(str(tmp_path)).add(2.0).numpy() == 3.0
    save(tmp_path, 5.0, operations=2)
    assert served_model(str(tmp_path)).add(2.0).numpy() == 9.0


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="SavedModel file does not exist"):
        served_model(str(tmp_path))
