"""What a person may set about scoring, in the words of pipeline.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from widedeep.components.common.settings import Strict, parse
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.overrides import assignments


class ScoreOptions(Strict):
    """How rows are written, and how Beam runs."""

    data: CsvDialect = Field(PLAIN, description="how text files are written")
    beam: BeamOptions = Field(BeamOptions(), description="how Beam runs")


def as_trained(options: ScoreOptions, dialect: dict[str, Any]) -> ScoreOptions:
    """The options, where what they don't set is as in the files that the model was trained on.

    Args:
        options: what a person has set.
        dialect: of those files, what is not as by default.
    """
    own = {name: getattr(options.data, name) for name in options.data.model_fields_set}
    # Files are packed one by one, and their names stand in a header where they have one.
    left_out = {"compression"} | ({"columns"} if own.get("header") else set())
    carried = {name: value for name, value in dialect.items() if name not in left_out}
    return options.model_copy(update={"data": CsvDialect(**(carried | own))})


def score_options(overrides: Sequence[str]) -> ScoreOptions:
    """The options that overrides set: "data.delimiter=;" or "beam.mode=in_memory".

    Raises:
        ConfigError: names the key, the value and what is allowed.
    """
    return parse(
        ScoreOptions, assignments(ScoreOptions, overrides), " ".join(f"--set {override}" for override in overrides)
    )
