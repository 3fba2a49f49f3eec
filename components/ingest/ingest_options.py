"""What an ExampleGen is told: the declaration, how the rows are written, and how they are spread over splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import struct_pb2
from pydantic import Field
from tfx.proto import example_gen_pb2
from tfx.utils import proto_utils

from widedeep.components import features
from widedeep.components.common.settings import Strict
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.negatives.negative_options import NegativeOptions
from widedeep.components.ingest.raw_files import RowReader
from widedeep.components.ingest.splitting.rules import ByContent, ByTime, ByValue, Rule
from widedeep.components.ingest.splitting.time_cuts import TimeCuts


class IngestOptions(Strict):
    """Of one ExampleGen, as JSON in its execution's properties."""

    features: str = Field(description="the declaration, as JSON")
    format: str = Field(description="of the files")
    labelled: bool = Field(True, description="whether the rows have label and weight")
    dialect: CsvDialect = Field(PLAIN, description="of text files")
    hash_by: str | None = Field(None, description="the column whose values' hash tells the split; null: the content's")
    split_by_time: dict[str, str] | None = Field(None, description="the column and each split's start")
    negatives: NegativeOptions | None = Field(None, description="rows of label 0 that are drawn")
    connection: str = Field("", description="of queries: the environment variable that holds the database's address")
    code: str = Field("", description="a digest of the code")

    @property
    def spec(self) -> FeatureSpec:
        """The declaration."""
        return features.from_json(self.features)

    def rule(self, buckets: Sequence[int]) -> Rule:
        """How the rows of one file are spread.

        Args:
            buckets: the splits' upper hash buckets, rising; one for all rows of the file.
        """
        if len(buckets) > 1 and self.split_by_time:
            return ByTime(TimeCuts.of(self.split_by_time))
        return ByValue(buckets, self.hash_by) if len(buckets) > 1 and self.hash_by else ByContent(buckets)

    def reader(self, rule: Rule) -> RowReader:
        """What reads the files for a rule."""
        beside = {rule.column: _ASKED[type(rule)]} if rule.column else {}
        if self.negatives and self.negatives.never:
            beside.setdefault(self.negatives.never, "data.negatives.never names")
        label = self.spec.label
        if self.labelled and label.positive:
            # Which features.yaml names, as any other column.
            beside.setdefault(self.spec.columns[label.key], "")
        return RowReader(self.format, self.spec, self.labelled, self.dialect, beside, self.negatives is not None)


def told_options(exec_properties: Mapping[str, Any]) -> IngestOptions:
    """What the properties of an ExampleGen's execution hold."""
    # Only here: TFX's types bring TFMA in, and Beam's workers, who read the options alone, do without.
    from tfx.types import standard_component_specs

    config, told = example_gen_pb2.CustomConfig(), struct_pb2.Struct()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], config)
    config.custom_config.Unpack(told)
    return IngestOptions.model_validate_json(str(told["options"]))


def as_custom_config(options: IngestOptions) -> example_gen_pb2.CustomConfig:
    """The same as TFX hands it on."""
    told, config = struct_pb2.Struct(), example_gen_pb2.CustomConfig()
    told.update({"options": options.model_dump_json()})
    config.custom_config.Pack(told)
    return config


_ASKED = {ByValue: "data.hash_by names", ByTime: "data.split_by_time names"}
