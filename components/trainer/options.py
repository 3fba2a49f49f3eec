"""What a person may set about the training, under `training` in the pipeline's config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.features.strict import Strict

Rate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]


class WideOptions(Strict):
    """FTRL-proximal (McMahan et al. 2013) over the wide part's sparse ids."""

    learning_rate: Rate = 0.05
    l1: Penalty = Field(0.0, description="weights this weak become exactly 0")
    l2: Penalty = 0.0


class DeepOptions(Strict):
    """AdaGrad (Duchi et al. 2011) over embeddings and hidden layers."""

    learning_rate: Rate = 0.05
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (256, 128, 64)
    dropout: float = Field(0.0, ge=0, lt=1, description="fraction of the hidden units dropped while training")


class TrainingOptions(Strict):
    """Everything that a change of re-runs the Trainer and what follows it."""

    model: Literal["wide", "deep", "wide_deep"] = "wide_deep"
    epochs: int = Field(3, ge=1, description="passes over the train split")
    batch_size: int = Field(256, ge=1)
    seed: int = 1
    wide: WideOptions = WideOptions()
    deep: DeepOptions = DeepOptions()
