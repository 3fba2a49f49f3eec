"""What an evaluation leaves for drawing: small lists of numbers, of candidate and baseline on all rows."""

from __future__ import annotations

from pydantic import Field

from widedeep.components.common.records import Number, Pair, Record, SparseRecord
from widedeep.components.evaluator.measurement import ModelName

PLOTS = "plots.json"

Point = Pair


class CalibrationShare(Record):
    """One of ten equal shares of the rows by their score; equal scores stay together, so that there may be fewer."""

    predicted: Number = Field(description="mean score")
    actual: Number = Field(description="mean label")
    low: Number = Field(description="lower end of the interval of `actual`")
    high: Number = Field(description="upper end of the interval of `actual`")
    rows: Number = Field(description="weight of the rows")


class Confusion(Record):
    """What the rows of each class were taken for; the rarer classes are left out."""

    classes: list[int] = Field(description="the classes with most rows, by number")
    rows: list[Number] = Field(description="weight of each class's rows")
    shares: list[list[Number]] = Field(
        description="for each class the share of its rows that was taken for each class, and last for any other class"
    )


class ModelPlots(SparseRecord):
    """What is drawn of one model; a key that its kind of label has not is left out."""

    calibration: list[CalibrationShare] = Field([], description="score beside label, by rising score")
    roc: list[Point] | None = Field(
        None,
        description="of a binary label, [false positive rate, true positive rate] rising; empty without both classes",
    )
    thresholds: list[float] | None = Field(
        None, description="of a binary label, the score from which on a row is taken, for each point of `roc`"
    )
    pr: list[Point] | None = Field(
        None, description="of a binary label, [recall, precision] by rising recall; empty where no row has label 1"
    )
    confusion: Confusion | None = Field(None, description="of classes, what each was taken for")


class Residuals(Record):
    """How label less prediction is spread, in equally wide bins that leave out what is farthest off."""

    middles: list[Number] = Field(description="middle of each bin, in the label's unit")
    shares: dict[ModelName, list[Number]] = Field(description="by model, the share of rows in each bin")


class Plots(SparseRecord):
    """Everything that is drawn of an evaluation."""

    models: dict[ModelName, ModelPlots] = Field({}, description="by model")
    residuals: Residuals | None = Field(None, description="of a regression")
