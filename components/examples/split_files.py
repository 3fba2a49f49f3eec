"""The files of a split."""

from __future__ import annotations

import tensorflow as tf
from tfx.types import artifact, artifact_utils
from tfx.utils import io_utils

from widedeep.components.common.errors import DataError


def split_files(examples: artifact.Artifact, split: str) -> list[str]:
    """The gzipped TFRecords of a split of Examples, in the order of their names.

    Raises:
        DataError: there is none.
    """
    folder = artifact_utils.get_split_uri([examples], split)
    files: list[str] = sorted(tf.io.gfile.glob(io_utils.all_files_pattern(folder)))
    if not files:
        raise DataError(f"the split '{split}' has no examples in {folder}.")
    return files
