"""The draft's schema.pbtxt: what follows from features.yaml, and what held for all rows."""

from __future__ import annotations

from google.protobuf import text_format

from widedeep.components.features import schema as schemas
from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.drafting.decisions import Draft

_HEAD = """\
# Drafted by `widedeep init`. Types, presence and environments follow from features.yaml; a domain lists the few values
# that a column has, of which a twentieth of the rows may have others before the gate speaks.
"""
_MOST_VALUES = 20
_IN_DOMAIN = 0.95


def schema_text(draft: Draft, spec: FeatureSpec) -> str:
    """The schema in the text form of TensorFlow Metadata's schema.proto."""
    schema = schemas.derive(spec)
    by_name = {feature.name: feature for feature in schema.feature}
    for column in draft.columns.values():
        if column.drafted is None or column.choice.kind != "category":
            continue
        profile = column.profile
        values = [value for value in profile.values if value.isprintable()]
        if not 1 < len(values) <= _MOST_VALUES or len(values) != profile.distinct:
            continue
        feature = by_name[column.drafted.feature["key"]]
        feature.domain = feature.name
        feature.distribution_constraints.min_domain_mass = _IN_DOMAIN
        schema.string_domain.add(name=feature.name).value.extend(sorted(values))
    return _HEAD + str(text_format.MessageToString(schema, as_utf8=True))
