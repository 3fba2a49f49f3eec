"""What a training leaves for people: its curve, how full its crosses are, what it started from."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.common.records import Number, Record, SparseRecord
from widedeep.components.trainer.model.label_rates import LabelRates
from widedeep.components.trainer.training.cross_use import CrossUse

RECORD = "training.json"


class Epoch(SparseRecord):
    """One pass over the split train, and the model's metrics on the split eval after it: those that its label has."""

    epoch: int = Field(description="its number, from 1")
    step: int = Field(description="batches done since the first epoch's start")
    examples: int = Field(description="in the epoch")
    seconds: float = Field(description="that it took: reading included, evaluation not")
    loss: Number = Field(description="mean over the epoch, of train")
    auc: Number = Field(None, description="on eval")
    logloss: Number = Field(None, description="on eval, in nats")
    rmse: Number = Field(None, description="on eval, in the label's unit")
    mae: Number = Field(None, description="on eval, in the label's unit")
    accuracy: Number = Field(None, description="on eval")
    kept: bool = Field(False, description="whether the model is as it was after this epoch")

    def metric(self, name: str) -> float:
        """A metric on eval.

        Raises:
            KeyError: the label has no such metric.
        """
        value = getattr(self, name) if name in HIGHER_IS_BETTER and name in type(self).model_fields else None
        if value is None:
            raise KeyError(name)
        return float(value)


def still_improving(curve: Sequence[Epoch], epochs: int) -> bool:
    """Whether the best epoch is the last one allowed, and one came before it: more would have been better, maybe.

    Args:
        curve: the epochs of one training.
        epochs: as many as were allowed.
    """
    return len(curve) == epochs > 1 and curve[-1].kept


class WidePart(Record):
    """How many weights L1 left."""

    rows: int = Field(description="of the wide table; 0 without a wide part")
    nonzero: int = Field(description="rows of which a weight is not 0")


class WarmStart(Record):
    """The model that the training started from."""

    model: str = Field(description="its served model's folder")
    not_taken: list[str] = Field(description="what was not taken over, and why, a sentence each")
    quality: dict[str, Number] = Field(description="metrics on eval before the first step")


class TrainingRecord(Record):
    """One training."""

    curve: list[Epoch] = Field(description="an item an epoch")
    crosses: list[CrossUse] = Field(description="how full each cross is, in the declaration's order")
    label: LabelRates = Field(description="the label in the split train")
    wide: WidePart = Field(description="how many wide weights there are")
    base: WarmStart | None = Field(description="what the training started from; null in a cold start")
    note: str | None = Field(None, description="where it was cut off while it still improved, what to do; else null")
