"""The label, as a person declares it in features.yaml."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.settings import Strict
from widedeep.components.features.names import Column, Key


class Label(Strict):
    """What the model predicts.

    binary: 1 if the shown item was taken (installed, liked, bought), else 0; regression: a number; multiclass:
    one of `classes` classes, 0 to classes - 1.
    """

    key: Key = Field(description="its name, and that of the column where `column` is not set")
    column: Column | None = Field(None, description="name of the column in the data, where it is not the key")
    kind: Literal["binary", "regression", "multiclass"] = Field(
        "binary", description="0 or 1, a number, or a class from 0 to `classes` - 1"
    )
    classes: int | None = Field(None, ge=3, le=10_000, description="number of classes of a multiclass label")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.classes is not None) != (self.kind == "multiclass"):
            raise ValueError("'classes' is given for a multiclass label, and for no other")
        return self
