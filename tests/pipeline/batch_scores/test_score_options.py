"""Rows are read as those that the model was trained on, but for what a person sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.features.model_files import FEATURES, ROWS
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.conversion.row_format import RowFormat
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.pipeline.batch_scores.score_options import as_trained, score_options
from widedeep.pipeline.batch_scores.score_run import ScoreRun

BARE = CsvDialect(header=False, columns=("item", "clicked"), null_values=("-",), compression="gzip")


@pytest.mark.parametrize(
    ("overrides", "read"),
    [
        ([], {"header": False, "columns": ("item", "clicked"), "null_values": ("-",)}),
        (["data.null_values=[NA]"], {"header": False, "columns": ("item", "clicked"), "null_values": ("NA",)}),
        (["data.header=true"], {"null_values": ("-",)}),
        (["data.compression=zstd", "data.header=true"], {"null_values": ("-",), "compression": "zstd"}),
    ],
)
def test_what_is_set_goes_before_what_is_carried(overrides: list[str], read: dict[str, Any]) -> None:
    options = as_trained(score_options(overrides), RowFormat.of("csv", BARE).dialect)
    assert options.data.model_dump(exclude_defaults=True) == read


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """A version that was trained on TSV without a header."""
    item = {"key": "item", "kind": "categorical", "side": "candidate", "transform": {"vocabulary": {}}, "wide": True}
    spec = FeatureSpec.model_validate({"label": {"key": "clicked"}, "features": [item]})
    (tmp_path / "1" / FEATURES).parent.mkdir(parents=True)
    (tmp_path / "1" / FEATURES).write_text(features.to_json(spec))
    (tmp_path / "1" / "saved_model.pb").touch()
    RowFormat.of("tsv", BARE).write(tmp_path / "1" / ROWS)
    return tmp_path / "1"


def asked(version: Path, name: str, **more: Any) -> ScoreRun:
    (version.parent / name).write_text("a\t1\n")
    return ScoreRun.asked(version, [str(version.parent / name)], str(version.parent / "out.csv"), **more)


@pytest.mark.parametrize("name", ["rows.tsv", "rows.data"])
def test_files_of_the_models_own_format_are_read_as_its_own(version: Path, name: str) -> None:
    """Also those whose names don't say what they are."""
    run = asked(version, name)
    assert run.file_format == "tsv"
    assert run.options.data.columns == ("item", "clicked")
    assert run.carried == {"header": False, "columns": ("item", "clicked"), "null_values": ("-",)}


def test_files_of_another_format_are_read_as_they_are(version: Path) -> None:
    for run in (asked(version, "rows.csv"), asked(version, "rows.data", file_format="csv")):
        assert (run.file_format, run.options.data, run.carried) == ("csv", PLAIN, {})


def test_a_version_that_does_not_tell(version: Path) -> None:
    (version / ROWS).unlink()
    assert asked(version, "rows.tsv").options.data == PLAIN
    with pytest.raises(ConfigError, match="the name's ending doesn't say what it is"):
        asked(version, "rows.data")
