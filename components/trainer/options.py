"""What a person may set about the training, under `training` in the pipeline's config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.features.strict import Strict

Rate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]


class WideOptions(Strict):
    """FTRL-proximal (McMahan et al. 2013) over the wide part's sparse ids.

    Rates and penalties are those of gradients summed over a batch, not averaged: they mean the same at every
    batch size, and an id that is in few of a batch's examples still moves.
    """

    learning_rate: Rate = 0.05
    l1: Penalty = Field(0.3, description="a weight stays exactly 0 until its summed gradients outgrow this")
    l2: Penalty = Field(10.0, description="pulls weights towards 0, those of rare ids most")


class DeepOptions(Strict):
    """AdaGrad (Duchi et al. 2011) over embeddings and hidden layers."""

    learning_rate: Rate = 0.03
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (256, 128, 64)
    dropout: float = Field(0.0, ge=0, lt=1, description="fraction of the hidden units dropped while training")


class TrainingOptions(Strict):
    """Everything that a change of re-runs the Trainer and what follows it."""

    model: Literal["wide", "deep", "wide_deep"] = "wide_deep"
    epochs: int = Field(3, ge=1, description="passes over the train split, at most")
    patience: int | None = Field(
        1,
        ge=1,
        description="stop after so many epochs without a better AUC on eval, and keep the best epoch's model; "
        "null: train all epochs and keep the last",
    )
    batch_size: int = Field(256, ge=1)
    seed: int = 1
    wide: WideOptions = WideOptions()
    deep: DeepOptions = DeepOptions()
