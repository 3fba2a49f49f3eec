"""What came of a model in the comparison of the joint one and others. (It needs no TensorFlow.)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from widedeep.components.common.metrics import HIGHER_IS_BETTER

Model = Literal["wide", "deep", "fm", "wide_deep"]
Compared = Model | Literal["lightgbm"]
# The joint model last: the others are what it is held against.
MODELS: tuple[Model, ...] = ("wide", "deep", "fm", "wide_deep")


@dataclass(frozen=True)
class Difference:
    """By how much the joint model's metric lies above another's, seed by seed.

    Attributes:
        mean: over the seeds.
        p: of Student's paired t-test that it is 0; None with one seed.
    """

    mean: float
    p: float | None


@dataclass(frozen=True)
class Comparison:
    """One model over its seeds.

    Attributes:
        model: which.
        metrics: the means of its label's metrics, by name: of a binary one auc, logloss, accuracy.
        deviations: their standard deviations over the seeds, 0 with one seed.
        train_seconds: mean seconds of the passes over the train split alone.
        examples_per_second: of these passes.
        parameters: weights that training may change; of trees, their leaves.
        still_improving: whether the best epoch was the last one allowed, with any seed.
        differences: of the joint model from it, by metric; {} of the joint model itself.
    """

    model: Compared
    metrics: dict[str, float]
    deviations: dict[str, float]
    train_seconds: float
    examples_per_second: float
    parameters: int
    still_improving: bool = False
    differences: dict[str, Difference] = field(default_factory=dict)

    def row(self) -> dict[str, str | float | bool | None]:
        """Flat, as `widedeep ablate --json` writes it: of auc, its deviation under auc_sd, and what the joint model
        has more under auc_joint, with auc_p.
        """
        return {
            "model": self.model,
            **self.metrics,
            "train_seconds": self.train_seconds,
            "examples_per_second": self.examples_per_second,
            "parameters": self.parameters,
            "still_improving": self.still_improving,
            **{f"{name}_sd": deviation for name, deviation in self.deviations.items()},
            **{f"{name}_joint": difference.mean for name, difference in self.differences.items()},
            **{f"{name}_p": difference.p for name, difference in self.differences.items()},
        }

    def remarks(self) -> list[str]:
        """What to know beside the numbers, a sentence each."""
        remarks = []
        if self.still_improving:
            remarks.append(
                f"{self.model}: its best epoch is the last one allowed: still improving: raise training.epochs."
            )
        ahead = [
            name
            for name, difference in self.differences.items()
            if difference.mean and (difference.mean < 0) == HIGHER_IS_BETTER[name]
        ]
        if ahead:
            remarks.append(f"{self.model} is ahead of wide_deep in {', '.join(ahead)}.")
        sure = {name: difference for name, difference in self.differences.items() if difference.p is not None}
        if sure:
            each = ", ".join(
                f"{name} {difference.mean:+.4f} (p = {difference.p:.2g})" for name, difference in sure.items()
            )
            remarks.append(f"wide_deep against {self.model}: {each}.")
        return remarks
