"""What came of a model in the comparison of wide, deep and both. (It needs no TensorFlow.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["wide", "deep", "wide_deep"]
MODELS: tuple[Model, ...] = ("wide", "deep", "wide_deep")


@dataclass(frozen=True)
class Comparison:
    """One model over its seeds.

    Attributes:
        model: which.
        metrics: the means of its label's metrics, by name: of a binary one auc, logloss, accuracy.
        deviations: their standard deviations over the seeds, 0 with one seed.
        train_seconds: mean seconds of the passes over the train split alone.
        examples_per_second: of these passes.
    """

    model: Model
    metrics: dict[str, float]
    deviations: dict[str, float]
    train_seconds: float
    examples_per_second: float

    def row(self) -> dict[str, str | float]:
        """Flat, as `widedeep ablate --json` writes it; a metric's deviation stands under auc_sd and so on."""
        return {
            "model": self.model,
            **self.metrics,
            "train_seconds": self.train_seconds,
            "examples_per_second": self.examples_per_second,
            **{f"{name}_sd": deviation for name, deviation in self.deviations.items()},
        }
