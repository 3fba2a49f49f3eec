"""What a person may set about the training, under `training` in the pipeline's config."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict

Rate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]
Model = Literal["wide", "deep", "fm", "wide_deep"]
# The groups of options that bear on each: a factorization machine's weights and vectors are trained as both parts are.
PARTS: dict[Model, tuple[str, ...]] = {
    "wide": ("wide",),
    "deep": ("deep",),
    "fm": ("wide", "deep"),
    "wide_deep": ("wide", "deep"),
}
Activation = Literal["relu", "leaky_relu", "elu", "gelu", "selu", "tanh", "sigmoid", "swish"]


class WideOptions(Strict):
    """FTRL-proximal (McMahan et al. 2013) over the wide part's sparse ids.

    Rates and penalties are those of gradients summed over a batch, not averaged: they mean the same at every
    batch size, and an id that is in few of a batch's examples still moves.
    """

    learning_rate: Rate = Field(0.05, description="of gradients summed over the batch")
    l1: Penalty = Field(0.3, description="a weight stays exactly 0 until its summed gradients outgrow this")
    l2: Penalty = Field(10.0, description="pulls weights towards 0, those of rare ids most")


class Schedule(Strict):
    """The deep part's learning rate over the steps, as a factor: warm-up from 0 to 1, then a fall to `final`.

    The wide part has none: FTRL derives its weights from its sums by the rate, so that another rate would rescale
    all of them; its rate falls by itself with each id's gradients.
    """

    warmup_steps: int = Field(0, ge=0, description="rise from 0 to 1 over so many steps")
    decay: Literal["none", "linear", "cosine"] = Field("none", description="how it falls; goes with `decay_steps`")
    decay_steps: int | None = Field(None, ge=1, description="fall from 1 to `final` over so many steps, after warm-up")
    final: float = Field(0.0, ge=0, le=1, description="the factor that remains after the fall")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.decay_steps is None) != (self.decay == "none"):
            raise ValueError("decay: linear or cosine goes with decay_steps, and none without")
        return self


class DeepOptions(Strict):
    """AdaGrad (Duchi et al. 2011), or Adam (Kingma & Ba 2015), over embeddings and hidden layers."""

    optimizer: Literal["adagrad", "adam"] = Field("adagrad", description="of the embeddings and the hidden layers")
    learning_rate: Rate = Field(0.03, description="at its highest, if there is a schedule")
    schedule: Schedule = Field(Schedule(), description="how the rate changes over the steps")
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (256, 128, 64), description="units of each ReLU layer, from the input on"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="fraction of the hidden units dropped while training")
    batch_norm: bool = Field(False, description="normalise the hidden layers over the batch (Ioffe & Szegedy 2015)")
    activation: Activation = Field("relu", description="of the hidden layers")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="bfloat16: training rounds the hidden layers' inputs and kernels to it for their products, which "
        "processors with AVX512_BF16 or AMX_BF16, and GPUs, compute faster; weights, losses and all that predicts stay "
        "float32 (Micikevicius et al. 2018)",
    )
    products: bool = Field(
        False,
        description="add the product of every two embeddings of one width to the logit, with a weight for each pair of "
        "columns (Pan et al. 2018)",
    )
    l1: Penalty = Field(0.0, description="adds l1 |w| to a batch's summed loss for each weight of the hidden layers")
    l2: Penalty = Field(0.0, description="adds l2 w^2 / 2 to it for each of them")
    embedding_l2: Penalty = Field(
        0.0,
        description="adds embedding_l2 |e|^2 / 2 to a batch's summed loss for each embedding e that it uses, once: ids "
        "that are in few of its examples are pulled towards 0 most, those in none not at all",
    )
    embedding_dropout: float = Field(
        0.0, ge=0, lt=1, description="fraction of the embeddings' numbers dropped while training"
    )

    @model_validator(mode="after")
    def _has_products(self) -> Self:
        if self.precision == "bfloat16" and not self.hidden:
            raise ValueError("precision is bfloat16 and hidden is empty: no product would be in it: leave it out")
        return self


class TrainingOptions(Strict):
    """Everything that a change of re-runs the Trainer and what follows it."""

    model: Model = Field(
        "wide_deep",
        description="which parts the model has; fm: a factorization machine (Rendle 2010) over the features' ids and "
        "embeddings, without crosses, to compare with",
    )
    epochs: int = Field(12, ge=1, le=1_000_000, description="passes over the train split, at most")
    patience: int | None = Field(
        2,
        ge=1,
        description="stop after so many epochs without a better value of `stop_on` on eval, and keep the best epoch's "
        "model; null: train all epochs and keep the last",
    )
    stop_on: Literal["auc", "logloss", "accuracy", "rmse", "mae"] | None = Field(
        None,
        description="watched on eval; null: auc - logloss of a binary label, logloss of classes, rmse of numbers",
    )
    batch_size: int = Field(256, ge=1, lt=2**31, description="examples a step, of each worker")
    workers: int = Field(
        1,
        ge=1,
        le=1024,
        description="processes that train one model together, each on files of its own: N with batches of b give what "
        "one with batches of N times b gives",
    )
    keep_negatives: float = Field(
        1.0,
        gt=0,
        le=1,
        description="train on this fraction of the examples of label 0, drawn anew for each epoch; the logit is "
        "corrected by its logarithm (He et al. 2014, section 6.3), so that scores stay probabilities",
    )
    checkpoint_steps: int = Field(10_000, ge=1, description="a killed training carries on from the last one")
    distribute: Literal["none", "mirrored"] = Field(
        "none", description="mirrored: a copy of the model on each GPU, each trained on its part of the batch"
    )
    warm_start: bool | None = Field(
        None, description="start from the latest blessed model of another training; null: when the data come in spans"
    )
    seed: int = Field(1, ge=0, lt=2**32, description="equal data, settings and seed give equal weights")
    wide: WideOptions = Field(WideOptions(), description="how the wide part is trained")
    deep: DeepOptions = Field(DeepOptions(), description="the deep part's layers, and how it is trained")

    @model_validator(mode="after")
    def _workers_can(self) -> Self:
        if self.workers > 1 and self.deep.batch_norm:
            raise ValueError(
                f"workers is {self.workers} and deep.batch_norm is true, which takes means of a whole batch, and each "
                "worker sees a part of one: leave one of the two out"
            )
        return self

    def in_one_process(self) -> Self:
        """The options by which one process trains what these workers would."""
        return self.model_copy(update={"workers": 1, "batch_size": self.workers * self.batch_size})

    def check_label(self, kind: str) -> None:
        """Checks that the options go with a kind of label: binary, regression or multiclass.

        Raises:
            ConfigError: they don't.
        """
        if self.keep_negatives < 1 and kind != "binary":
            raise ConfigError(
                f"training.keep_negatives is {self.keep_negatives:g}, and the label is {kind}: only a binary one has "
                "negatives. Leave it out."
            )
