"""A pipeline's settings: pipeline.yaml, with what the command line sets on top."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError, reason, shown
from widedeep.components.common.setting_types import takes_text
from widedeep.components.common.settings import Strict, nearest, parse, read_yaml
from widedeep.components.common.yaml_text import from_yaml
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.gate.gate_options import GateOptions
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.tuner.tuning_options import TuningOptions
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.data_options import DataOptions, PipelineName
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions


class PushOptions(Strict):
    """What stays in the folder that servers look into."""

    keep: Annotated[int, Field(ge=1)] | None = Field(None, description="versions, the newest; null: all")


class PipelineConfig(Strict):
    """A whole pipeline.yaml; paths in it are relative to it."""

    name: PipelineName = Field(description="of the pipeline, its working directory and its served model")
    features: str = Field("features.yaml", description="the feature declaration")
    schema_file: str | None = Field(None, alias="schema", description="a curated schema; else one is derived")
    data: DataOptions = Field(description="where the raw rows are")
    gate: GateOptions = Field(GateOptions(), description="what anomalies in the data do")
    training: TrainingOptions = Field(TrainingOptions(), description="the model, and how it is trained")
    tuning: TuningOptions | None = Field(None, description="search for training options; else `training` holds them")
    evaluation: EvaluationOptions = Field(EvaluationOptions(), description="what makes a model good enough")
    push: PushOptions = Field(PushOptions(), description="what stays in the folder of pushed versions")
    dry_run: DryRunOptions = Field(DryRunOptions(), description="the trial as a server before a push")
    beam: BeamOptions = Field(BeamOptions(), description="how the data steps run")
    kubeflow: KubeflowOptions = Field(KubeflowOptions(), description="how the pipeline runs on a cluster")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.evaluation.split == "train":
            raise ValueError("evaluation.split is train: what the model has learned by heart can't judge it")
        if self.evaluation.split not in self.data.split_names:
            splits = nearest(self.evaluation.split, self.data.split_names)
            raise ValueError(f"evaluation.split: there is no split '{self.evaluation.split}': {splits}")
        if self.data.format == "sql" and self.beam.runner != "DirectRunner":
            raise ValueError(
                f"beam.options: data.format is sql, and workers of {self.beam.runner} don't have the environment "
                "variable that data.connection names: take the DirectRunner"
            )
        if self.tuning is not None:
            self.tuning.check(self.training)
        return self


def by_span(config: PipelineConfig) -> list[PipelineConfig]:
    """One pipeline a span of a range, the last of which trains on them all; else the given one alone."""
    spans = config.data.spans
    if spans is None:
        return [config]
    return [
        config.model_copy(update={"data": config.data.model_copy(update={"span": span, "window": len(spans)})})
        for span in spans
    ]


def load(path: Path, overrides: Sequence[str] = ()) -> PipelineConfig:
    """Reads a pipeline.yaml and resolves its paths.

    Args:
        path: the file.
        overrides: "dotted.key=value" each, the value in YAML ("training.epochs=3").

    Raises:
        ConfigError: names the file, the key, the value and what is allowed.
    """
    data = read_yaml(path)
    for override in overrides:
        try:
            override.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"--set {shown(override)}: is not UTF-8 text.") from None
        _set(data, override)
    where = " ".join([str(path), *(f"--set {_brief(override)}" for override in overrides)])
    config = parse(PipelineConfig, data, where)
    base = path.resolve().parent
    resolved: dict[str, Any] = {"features": _resolved(base, config.features)}
    if config.schema_file is not None:
        resolved["schema_file"] = _resolved(base, config.schema_file)
    if config.data.path:
        resolved["data"] = config.data.model_copy(update={"path": _resolved(base, config.data.path)})
    return config.model_copy(update=resolved)


def _brief(override: str) -> str:
    """An override as an error quotes it: in one line, and never long."""
    text = override if override.isprintable() else repr(override)[1:-1]
    return text if len(text) <= 80 else f"{text[:60]}..."


def assignments(overrides: Sequence[str]) -> dict[str, Any]:
    """What overrides set, as a pipeline.yaml that holds nothing else.

    Raises:
        ConfigError: an override is none.
    """
    data: dict[str, Any] = {}
    for override in overrides:
        _set(data, override)
    return data


def key_of(override: str) -> str:
    """The dotted key that an override sets."""
    dotted = override.partition("=")[0]
    # What changes from day to day.
    return "data.span" if dotted == "span" else dotted


def _resolved(base: Path, path: str) -> str:
    try:
        return path if "://" in path else str((base / path).resolve())
    except ValueError as error:
        raise ConfigError(f"{shown(path)} is no path: {reason(error)}.") from None


def _value(override: str, text: str, literal: bool) -> Any:
    """The value of an override: YAML; but a text is what stands there, as a path with [, # or * in it.

    Args:
        override: all of it, for the error.
        text: behind the equals sign.
        literal: whether the setting takes a text alone.
    """
    try:
        value = from_yaml(text)
    except yaml.YAMLError as error:
        if literal:
            return text
        problem = reason(" ".join(str(getattr(error, "problem", None) or error).split()))
        raise ConfigError(f"--set {_brief(override)}: the value is not valid YAML: {problem}.") from None
    # In quotes it is YAML's.
    return text if literal and value is not None and text.lstrip()[:1] not in ("'", '"') else value


def _set(data: dict[str, Any], override: str) -> None:
    _, equals, text = override.partition("=")
    *parents, last = key_of(override).split(".")
    if not equals or not all([*parents, last]):
        raise ConfigError(f"--set {_brief(override)}: needs KEY=VALUE, for example --set training.epochs=3.")
    value = _value(override, text, takes_text(PipelineConfig, [*parents, last]))
    for number, key in enumerate(parents, 1):
        # A key with nothing behind it ("training:") is an empty group.
        group = {} if data.get(key) is None else data[key]
        if not isinstance(group, dict):
            raise ConfigError(
                f"--set {_brief(override)}: '{'.'.join(parents[:number])}' is a value, not a group of keys."
            )
        # A copy, since an alias in the YAML may name the same group elsewhere.
        data[key] = data = dict(group)
    data[last] = value
