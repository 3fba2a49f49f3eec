"""A pipeline's settings: pipeline.yaml, with what the command line sets on top."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from components.errors import ConfigError
from components.evaluator.options import EvaluationOptions
from components.features.strict import Strict, nearest, parse, read_yaml
from components.gate.options import GateOptions
from components.trainer.options import TrainingOptions

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class DataOptions(Strict):
    """Where the raw rows are.

    `splits` names a file pattern for each split; `hash_split` instead cuts the files that `pattern` matches, by
    the hash of each row's content, in the given proportions. Patterns may hold {SPAN} and {VERSION}.
    """

    path: str = Field(description="folder, relative to the pipeline's file")
    format: Literal["csv", "parquet", "tfrecord"]
    splits: dict[Name, str] | None = None
    hash_split: dict[Name, Annotated[int, Field(ge=1)]] | None = None
    pattern: str = "*"
    span: Literal["latest"] | Annotated[int, Field(ge=0)] = Field(
        "latest", description="which {SPAN} to read, where a pattern has one"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.splits is None) == (self.hash_split is None):
            raise ValueError("give one of splits and hash_split")
        for split in ("train", "eval"):
            if split not in self.split_names:
                raise ValueError(f"there is no split '{split}', on which the model is {_USE[split]}")
        return self

    @property
    def split_names(self) -> list[str]:
        """Names of the splits, in order."""
        return list(self.splits or self.hash_split or {})

    @property
    def patterns(self) -> list[str]:
        """The file patterns, relative to `path`."""
        return list(self.splits.values()) if self.splits else [self.pattern]


_USE = {"train": "trained", "eval": "watched while training"}


class BeamOptions(Strict):
    """How Beam runs the data steps.

    `auto` runs them in this process up to MULTI_PROCESSING_BYTES of input, and in one process a core above it:
    starting workers costs tens of seconds, which only a large input earns back.
    """

    mode: Literal["auto", "in_memory", "multi_processing"] = "auto"
    options: tuple[str, ...] = Field((), description="any options of Beam, as --runner=FlinkRunner")


class PipelineConfig(Strict):
    """A whole pipeline.yaml; paths in it are relative to it."""

    name: Name
    features: str = Field("features.yaml", description="the feature declaration")
    schema_file: str | None = Field(None, alias="schema", description="a curated schema; else one is derived")
    data: DataOptions
    gate: GateOptions = GateOptions()
    training: TrainingOptions = TrainingOptions()
    evaluation: EvaluationOptions = EvaluationOptions()
    beam: BeamOptions = BeamOptions()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.evaluation.split not in self.data.split_names:
            splits = nearest(self.evaluation.split, self.data.split_names)
            raise ValueError(f"evaluation.split: there is no split '{self.evaluation.split}': {splits}")
        return self


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
        _set(data, override)
    config = parse(PipelineConfig, data, str(path))
    base = path.resolve().parent
    resolved: dict[str, Any] = {"features": str(base / config.features)}
    if config.schema_file:
        resolved["schema_file"] = str(base / config.schema_file)
    if "://" not in config.data.path:
        resolved["data"] = config.data.model_copy(update={"path": str((base / config.data.path).resolve())})
    return config.model_copy(update=resolved)


def _set(data: dict[str, Any], override: str) -> None:
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise ConfigError(f"--set {override}: needs KEY=VALUE, for example --set training.epochs=3.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: the value is not valid YAML: {error}") from None
    *parents, last = dotted.split(".")
    for key in parents:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            raise ConfigError(f"--set {override}: '{key}' is a value, not a group of keys.")
    data[last] = value
