"""What a person may set about the search for training options, under `tuning` in the pipeline's config."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from widedeep.components.common.errors import ConfigError, shown
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.roles import Width
from widedeep.components.trainer.hyperparameters import embedded, option_fields, with_values
from widedeep.components.trainer.training_options import PARTS, TrainingOptions

# They say how models are trained and compared, which no comparison of models can choose.
_NOT_TUNED = {"checkpoint_steps", "seed", "stop_on", "warm_start", "workers"}
_MOST_STEPS = 1000
# Of an embedding.
_WIDTH = FieldInfo.from_annotation(Width)


class Dimension(Strict):
    """What one option may be: a number from `low` to `high`, or one of `choices`."""

    low: int | float | None = Field(None, description="the range begins here")
    high: int | float | None = Field(None, description="is in the range, too")
    step: int | float | None = Field(None, gt=0, description="try low, low + step, and so on to high")
    log: bool = Field(False, description="spread the trials evenly over the logarithm")
    choices: tuple[Any, ...] | None = Field(None, min_length=1, description="the values to try, instead of a range")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        low, high, step = self.low, self.high, self.step
        if self.choices is not None:
            if self.log or (low, high, step) != (None, None, None):
                raise ValueError("choices go without low, high, step and log")
            return self
        if low is None or high is None:
            raise ValueError("give low and high, or choices")
        if low >= high:
            raise ValueError(f"low is {low}, which is not less than high: {high}")
        if self.log and low <= 0:
            raise ValueError(f"low is {low}, and log needs one above 0")
        if self.log and step is not None:
            raise ValueError("log goes without step; choices can name the values")
        if step is not None and (high - low) / step > _MOST_STEPS:
            raise ValueError(f"step is {step}, which makes more than {_MOST_STEPS:,} values: leave it out")
        return self

    @property
    def values(self) -> tuple[Any, ...] | None:
        """All values, where they are counted: the choices, or the steps."""
        if self.step is None:
            return self.choices
        # Exactly what the person wrote: 0.1 + 2 * 0.1 is no 0.3.
        low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
        kind = int if isinstance(self.low, int) else float
        return tuple(kind(low + place * step) for place in range(int((high - low) / step) + 1))

    @property
    def outer(self) -> tuple[Any, ...]:
        """The values between which all others lie: both ends, or the choices."""
        return self.choices or (self.low, self.high)


class TuningOptions(Strict):
    """A search for the training options whose model is best on eval."""

    trials: int = Field(ge=1, description="models to train, at most")
    search: Literal["random", "bayesian"] = Field("random", description="how the next trial is chosen")
    # Keras Tuner takes 0 for none.
    seed: int = Field(1, ge=1, description="of the search")
    space: dict[str, Dimension] = Field(
        min_length=1, description="what to try, by dotted name: wide.learning_rate, features.KEY.deep.embedding"
    )

    @field_validator("space")
    @classmethod
    def _known(cls, space: dict[str, Dimension]) -> dict[str, Dimension]:
        known = {name: field for name, field in option_fields() if name not in _NOT_TUNED}
        known |= {name: _WIDTH for name in space if embedded(name)}
        for name in space:
            if name in _NOT_TUNED:
                raise ValueError(f"'{name}' says how models are trained and compared: it can't be tuned")
            if name not in known:
                raise ValueError(f"unknown key '{name}': {nearest(name, known)}")
        return {name: _with_option_type(name, known[name], dimension) for name, dimension in space.items()}

    def check(self, training: TrainingOptions) -> None:
        """Checks the space against the options that are not in it.

        Raises:
            ValueError: a part is tuned that no model has, or values don't go together.
        """
        models = self.space["model"].outer if "model" in self.space else (training.model,)
        for name in self.space:
            part = name.split(".")[0]
            part = "deep" if embedded(name) else part
            if part in ("wide", "deep") and not any(part in PARTS[model] for model in models):
                raise ValueError(f"tuning.space: '{name}' is tuned, but training.model is '{models[0]}'")
        # Options that bear on each other stand in one group.
        for _, group in itertools.groupby(sorted(self.space, key=_group), _group):
            names = list(group)
            for values in itertools.product(*(self.space[name].outer for name in names)):
                try:
                    with_values(training, dict(zip(names, values, strict=True)))
                except ConfigError as error:
                    tried = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
                    raise ValueError(f"tuning.space: with {tried}: {error}") from None


def _group(name: str) -> str:
    return name.rpartition(".")[0]


def _with_option_type(name: str, field: FieldInfo, dimension: Dimension) -> Dimension:
    """The dimension with its values as the option holds them: a range of an integer has integer ends."""
    kind: Any = Annotated[field.annotation, field]
    option: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))

    def valid(key: str, value: Any) -> Any:
        try:
            return option.validate_python(value)
        except ValidationError as error:
            says = "; or: ".join(dict.fromkeys(item["msg"] for item in error.errors()))
            raise ValueError(f"{name}: {key}: {says} (it is {shown(value)})") from None

    if dimension.choices is not None:
        return dimension.model_copy(update={"choices": tuple(valid("choices", choice) for choice in dimension.choices)})
    ends = {key: valid(key, getattr(dimension, key)) for key in ("low", "high")}
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends.values()):
        raise ValueError(f"{name}: is no number: give choices instead of low and high")
    if isinstance(ends["low"], int) and dimension.step is not None:
        ends["step"] = valid("step", dimension.step)
    return dimension.model_copy(update=ends)
