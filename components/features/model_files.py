"""Where a served model carries what it was made of: TF Serving leaves this folder of a model alone."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.common.setting_errors import problems
from widedeep.components.features.spec import FeatureSpec

EXTRA = "assets.extra"
# The feature declaration.
FEATURES = f"{EXTRA}/features.json"
# The wide table's columns, and how many of its rows are not zero.
WIDE = f"{EXTRA}/wide.json"
# How the rows were written that it was trained on.
ROWS = f"{EXTRA}/rows.json"


def declaration(folder: str) -> FeatureSpec:
    """The declaration that a model was trained by.

    Raises:
        ConfigError: the folder holds no such model, or one whose declaration this version can't read.
    """
    path = os.path.join(folder, FEATURES)
    try:
        return features.from_json(_text(path))
    except FileNotFoundError:
        raise ConfigError(
            f"{folder}: is no model of this pipeline, as there is no {FEATURES} in it. "
            "Give the folder of a pushed version, as work/movielens/models/1."
        ) from None
    except ValidationError as error:
        remedy = "Another version of widedeep wrote this model: use it with the version that wrote it."
        raise ConfigError("\n".join([*problems(error, path, {}), remedy])) from None


def _text(path: str) -> str:
    if "://" not in path:
        return Path(path).read_text(encoding="utf-8")
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(path) as file:
            return str(file.read())
    except tf.errors.NotFoundError:
        raise FileNotFoundError(path) from None
