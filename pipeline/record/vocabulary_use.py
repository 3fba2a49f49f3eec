"""How many of the values in each split the model knows by their own ids."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import tensorflow_transform as tft

from widedeep.components.content.content_record import CONTENT, Content
from widedeep.components.content.shares import out_of_vocabulary, unknown_values
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.transform import packed_columns
from widedeep.pipeline.record.feature_profile import FeatureProfile

_LEARNED_FROM = "train"


def with_vocabulary_use(
    profiles: Sequence[FeatureProfile], examples: str, transform_graph: str, spec: FeatureSpec
) -> list[FeatureProfile]:
    """The profiles with the shares of strings that train never had, and of those out of vocabulary.

    Args:
        profiles: of all features.
        examples: ExampleGen's output.
        transform_graph: Transform's output.
        spec: the declaration.
    """
    content = Content.read(os.path.join(examples, CONTENT))
    strings = vocabularies(spec, tft.TFTransformOutput(transform_graph))
    known = {name: frozenset(value.decode() for value in values) for name, values in strings.items()}
    return [profile.model_copy(update=_shares(profile.feature, content, known, spec)) for profile in profiles]


def _shares(
    key: str, content: Content, known: Mapping[str, frozenset[str]], spec: FeatureSpec
) -> dict[str, dict[str, float]]:
    feature = spec.by_key[key]
    if feature.is_number:
        return {}
    splits = {name: split.features[key] for name, split in content.splits.items() if split.features[key].values}
    vocabulary = feature.transform.vocabulary
    owner = spec.by_key[vocabulary.of] if vocabulary and vocabulary.of else feature
    learned = content.splits[_LEARNED_FROM].features[owner.key]
    shares = {
        "unseen": {
            name: unknown_values(values, learned)[0].value for name, values in splits.items() if name != _LEARNED_FROM
        }
    }
    if vocabulary:
        strings = known[packed_columns.vocabulary(owner)]
        shares["out_of_vocabulary"] = {
            name: out_of_vocabulary(values, strings).value for name, values in splits.items()
        }
    return shares
