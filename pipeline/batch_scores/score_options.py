"""What a person may set about scoring, in the words of pipeline.yaml."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from widedeep.components.common.settings import Strict, parse
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.config import assignments


class ScoreOptions(Strict):
    """How rows are written, and how Beam runs."""

    data: CsvDialect = Field(PLAIN, description="how text files are written")
    beam: BeamOptions = Field(BeamOptions(), description="how Beam runs")


def score_options(overrides: Sequence[str]) -> ScoreOptions:
    """The options that overrides set: "data.delimiter=;" or "beam.mode=in_memory".

    Raises:
        ConfigError: names the key, the value and what is allowed.
    """
    return parse(ScoreOptions, assignments(overrides), " ".join(f"--set {override}" for override in overrides))
