"""The vocabularies that Transform learned."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.analyzers import get_empy_vocabulary_dummy_value

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training.state import Vocabularies
from widedeep.components.transform import packed_columns, vocabulary_strings

_, _NO_STRINGS = get_empy_vocabulary_dummy_value(tf.string)


def vocabularies(spec: FeatureSpec, transform_output: tft.TFTransformOutput) -> Vocabularies:
    """The strings of each vocabulary that Transform made, by the vocabulary's name.

    Raises:
        DataError: one is empty.
    """
    strings: Vocabularies = {}
    for feature in spec.features:
        vocabulary = feature.transform.vocabulary
        if vocabulary and vocabulary.of is None:
            name = packed_columns.vocabulary(feature)
            lines = transform_output.vocabulary_by_name(name)
            # Transform writes a made-up line where there is no string; it is the base64 of nothing that is UTF-8.
            if lines == [_NO_STRINGS]:
                raise DataError(
                    f"the vocabulary of '{feature.key}' is empty: no value occurs {vocabulary.min_count} times in the "
                    "split train. Lower its min_count in features.yaml, or leave the feature out."
                )
            strings[name] = vocabulary_strings.decode(lines)
    return strings
