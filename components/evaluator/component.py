"""Evaluator: measures candidate and baseline on raw rows through the served signature, and blesses the candidate."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts, standard_component_specs

from widedeep.components import features
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.executor import Executor
from widedeep.components.features.spec import FeatureSpec


class EvaluatorSpec(types.ComponentSpec):
    """The contract of the Evaluator: TFX's artifacts, our parameters."""

    PARAMETERS = {
        "features": component_spec.ExecutionParameter(type=str),
        "options": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        "baseline_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }
    TYPE_ANNOTATION = standard_component_specs.EvaluatorSpec.TYPE_ANNOTATION


class Evaluator(base_beam_component.BaseBeamComponent):
    """The gate on quality."""

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        baseline_model: types.BaseChannel,
        schema: types.BaseChannel,
        spec: FeatureSpec,
        options: EvaluationOptions,
        code: str,
    ) -> None:
        """Compares a model with the baseline, where there is one.

        Args:
            examples: raw rows.
            model: the candidate.
            model_run: the record of its training.
            baseline_model: the last blessed model, or nothing.
            schema: of the rows.
            spec: the feature declaration.
            options: split and bounds.
            code: digest of the evaluator's code, a part of the cache key.

        Raises:
            ConfigError: a bound on a metric that the label has not, or grouping by what is no categorical feature.
        """
        options.bounds_of(spec.label)
        options.slice_metric(spec.label)
        options.check_group(spec)
        super().__init__(
            EvaluatorSpec(
                features=features.to_json(spec),
                options=options.model_dump_json(),
                code=code,
                examples=examples,
                model=model,
                model_run=model_run,
                baseline_model=baseline_model,
                schema=schema,
                evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
