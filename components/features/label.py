"""The label, as a person declares it in features.yaml."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, model_validator

from widedeep.components.common.settings import Strict
from widedeep.components.features.names import Column, Key


def _as_text(value: Any) -> Any:
    """YAML's truths are texts here, as data writes them."""
    return str(value).lower() if isinstance(value, bool) else value


Text = Annotated[str, Field(min_length=1), BeforeValidator(_as_text)]


class Label(Strict):
    """What the model predicts.

    binary: 1 if the shown item was taken (installed, liked, bought), else 0; regression: a number; multiclass:
    one of `classes` classes, 0 to classes - 1. Where the data has a binary label in other values, `positive` or `above`
    says which of them are 1: the rows are read by that rule, and all that follows sees 0 and 1.
    """

    key: Key = Field(description="its name, and that of the column where `column` is not set")
    column: Column | None = Field(None, description="name of the column in the data, where it is not the key")
    kind: Literal["binary", "regression", "multiclass"] = Field(
        "binary", description="0 or 1, a number, or a class from 0 to `classes` - 1"
    )
    classes: int | None = Field(None, ge=3, le=10_000, description="number of classes of a multiclass label")
    positive: tuple[Text, ...] | None = Field(
        None, min_length=1, description="of a binary label: the values that are 1, as the data writes them"
    )
    negative: tuple[Text, ...] | None = Field(
        None,
        min_length=1,
        description="beside `positive`: the values that are 0, and any other is an error; null: all others are 0",
    )
    above: float | None = Field(
        None, description="of a binary label: 1 where the number in the data is greater, else 0"
    )

    @property
    def rule(self) -> dict[str, object]:
        """What says which of the data's values are 1, as it is declared; empty where the data has 0 and 1."""
        return self.model_dump(mode="json", include={"positive", "negative", "above"}, exclude_none=True)

    @property
    def without_rule(self) -> Label:
        """The label as it is once the rows were read."""
        return self.model_copy(update={"positive": None, "negative": None, "above": None})

    @property
    def of_positive(self) -> str:
        """A value, as the data may write it, that is 1."""
        if self.positive is not None:
            return self.positive[0]
        return "1" if self.above is None else repr(math.nextafter(self.above, math.inf))

    def line(self, **rule: object) -> str:
        """The line of features.yaml that declares it with another rule.

        Args:
            rule: `positive`, `negative` or `above`.
        """
        declared = {"key": self.key} | ({"column": self.column} if self.column else {}) | rule
        text = yaml.safe_dump(declared, default_flow_style=True, sort_keys=False, allow_unicode=True, width=math.inf)
        return f"label: {text.rstrip()}"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.classes is not None) != (self.kind == "multiclass"):
            raise ValueError("'classes' is given for a multiclass label, and for no other")
        if self.rule and self.kind != "binary":
            raise ValueError(f"'positive' and 'above' say what is 1 of a binary label, and this one is {self.kind}")
        if self.positive is not None and self.above is not None:
            raise ValueError("'positive' lists the values that are 1, and 'above' sets their limit: give one of them")
        if self.negative is not None and self.positive is None:
            raise ValueError("'negative' lists the values that are 0 beside 'positive', which lists those that are 1")
        both = set(self.positive or ()) & set(self.negative or ())
        if both:
            raise ValueError(f"'{min(both)}' is both positive and negative")
        return self
