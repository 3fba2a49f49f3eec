"""Everything that can be known of a pipeline without running it, and all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from widedeep.components import features
from widedeep.components.common.errors import ConfigError, DataError, WideDeepError
from widedeep.components.common.settings import read_yaml
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.splitting.split_files import check_apart, query_name
from widedeep.components.ingest.wanted_columns import Query
from widedeep.pipeline.check.first_numbers import number_notes
from widedeep.pipeline.check.first_rows import FirstRows
from widedeep.pipeline.definition import config as configs
from widedeep.pipeline.definition.config import PipelineConfig

# What a server was asked for, beside the splits.
_SERVING = "serving"
# Of the faults in one file.
_LISTED = 5
Result = TypeVar("Result")


@dataclass
class SplitFiles:
    """The files of a split, or of what is to be split.

    Attributes:
        name: of the split.
        files: how many there are.
        bytes: of them all.
        first: what the first rows of one of them hold; None where they can't be read.
    """

    name: str
    files: int
    bytes: int
    first: FirstRows | None


@dataclass
class PipelineCheck:
    """What was found.

    Attributes:
        config: the settings; None where they are wrong.
        spec: the features; None where they are wrong.
        splits: what the files hold.
        wrong: what stops a run.
        odd: what does not, and may not be meant.
    """

    config: PipelineConfig | None = None
    spec: FeatureSpec | None = None
    splits: list[SplitFiles] = field(default_factory=list)
    wrong: list[WideDeepError] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def attempt(self, function: Callable[..., Result], *arguments: Any) -> Result | None:
        """What a function returns; None where it raises an error for people, which is kept, once."""
        try:
            return function(*arguments)
        except WideDeepError as error:
            if str(error) not in map(str, self.wrong):
                self.wrong.append(error)
            return None


def check(path: Path, overrides: Sequence[str]) -> PipelineCheck:
    """Looks at a pipeline.

    Args:
        path: of its pipeline.yaml.
        overrides: what the command line sets on top.
    """
    result = PipelineCheck()
    result.config = result.attempt(configs.load, path, overrides)
    declared = result.attempt(_features_file, path) if result.config is None else Path(result.config.features)
    if declared is not None:
        result.spec = result.attempt(features.load, declared)
    if result.config is None or result.spec is None:
        return result
    _check_together(result, result.config, result.spec)
    _check_files(result, result.config, result.spec)
    return result


def _features_file(path: Path) -> Path | None:
    """Where the features are that wrong settings may name; None where they don't say."""
    try:
        named = read_yaml(path).get("features", PipelineConfig.model_fields["features"].default)
    except ConfigError:
        return None
    return path.parent / named if isinstance(named, str) else None


def _check_together(result: PipelineCheck, config: PipelineConfig, spec: FeatureSpec) -> None:
    from widedeep.components.dryrun.dry_run_options import check_program
    from widedeep.pipeline.definition.early_checks import setting_checks
    from widedeep.pipeline.definition.schema_file import schema_text

    for each in setting_checks(config, spec):
        result.attempt(each)
    result.attempt(config.evaluation.check_group, spec)
    result.attempt(schema_text, config, spec)
    result.attempt(check_program, config.dry_run)


def _check_files(result: PipelineCheck, config: PipelineConfig, spec: FeatureSpec) -> None:
    from widedeep.pipeline.definition.input_files import pattern_files
    from widedeep.pipeline.definition.spans.span_files import check_spans

    before = len(result.wrong)
    patterns = dict(config.data.splits or {"all": config.data.query or config.data.pattern})
    if config.data.serving:
        patterns[_SERVING] = config.data.serving
    if config.data.connection is not None:
        _check_queries(result, patterns, config, spec)
        return
    files: dict[str, list[str]] = {}
    for name, pattern in patterns.items():
        paths = result.attempt(pattern_files, config.data, pattern)
        if paths:
            files[name] = paths
            first = result.attempt(_first_rows, result, paths, config, spec, name != _SERVING)
            result.splits.append(SplitFiles(name, len(paths), sum(map(_bytes, paths)), first))
    result.attempt(check_apart, {name: paths for name, paths in files.items() if name != _SERVING}, patterns)
    if len(result.wrong) == before:
        result.attempt(check_spans, config.data)
    _look_at_values(result, spec, config.data.negatives is not None)


def _check_queries(
    result: PipelineCheck, queries: Mapping[str, str], config: PipelineConfig, spec: FeatureSpec
) -> None:
    for name, text in queries.items():
        query = Query(text, str(config.data.connection))
        first = result.attempt(_first_rows, result, [query_name(name)], config, spec, name != _SERVING, query)
        result.splits.append(SplitFiles(name, 1, 0, first))
    _look_at_values(result, spec, config.data.negatives is not None)


def _first_rows(
    result: PipelineCheck,
    paths: Sequence[str],
    config: PipelineConfig,
    spec: FeatureSpec,
    labelled: bool,
    query: Query | None = None,
) -> FirstRows:
    from widedeep.pipeline.check.first_rows import first_rows

    # Of spans the newest is read first.
    first = first_rows(paths[-1] if config.data.in_spans else paths[0], config.data, spec, labelled, query)
    result.wrong += [DataError(fault) for fault in first.faults[:_LISTED]]
    if len(first.faults) > _LISTED:
        result.wrong.append(
            DataError(
                f"{first.path}: {len(first.faults) - _LISTED} more of its first {first.rows:,} rows can't be used."
            )
        )
    return first


def _look_at_values(result: PipelineCheck, spec: FeatureSpec, drawn: bool) -> None:
    read = [split.first for split in result.splits if split.first and split.first.rows]
    for first in read:
        # Where negatives are drawn, positives alone are what is meant.
        if len(first.labels) == 1 and first.rows > 1 and not (drawn and first.labels == [1]):
            result.odd.append(f"{first.path}: all of its first {first.rows:,} rows have the label {first.labels[0]:g}")
    result.odd += number_notes([first.numbers for first in read if first.numbers], spec)
    for feature in spec.features:
        if read and all(first.examples[feature.key] is None for first in read):
            result.odd.append(f"{feature.key}: no value in the first rows of any split")


def _bytes(path: str) -> int:
    if "://" not in path:
        return os.path.getsize(path)
    import tensorflow as tf

    return int(tf.io.gfile.stat(path).length)
