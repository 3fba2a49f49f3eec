"""A pipeline's settings: pipeline.yaml, with what the command line sets on top."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError, reason, shown
from widedeep.components.common.settings import Strict, nearest, parse, read_yaml
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.gate.gate_options import GateOptions
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.tuner.tuning_options import TuningOptions
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.data_options import DataOptions, PipelineName
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.definition.overrides import apply, brief


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
        apply(PipelineConfig, data, override)
    where = " ".join([str(path), *(f"--set {brief(override)}" for override in overrides)])
    config = parse(PipelineConfig, data, where)
    base = path.resolve().parent
    resolved: dict[str, Any] = {"features": _resolved(base, config.features)}
    if config.schema_file is not None:
        resolved["schema_file"] = _resolved(base, config.schema_file)
    if config.data.path:
        resolved["data"] = config.data.model_copy(update={"path": _resolved(base, config.data.path)})
    return config.model_copy(update=resolved)


def _resolved(base: Path, path: str) -> str:
    try:
        return path if "://" in path else str((base / path).resolve())
    except ValueError as error:
        raise ConfigError(f"{shown(path)} is no path: {reason(error)}.") from None
