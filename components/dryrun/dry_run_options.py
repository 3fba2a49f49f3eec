"""What a person may set about the dry run, under `dry_run` in the pipeline's config."""

from __future__ import annotations

import re
import shutil
from typing import Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict

# TF Serving of the TensorFlow that trains.
IMAGE = "tensorflow/serving:2.21.0"

_PROGRAMS = ("tensorflow_model_server", "docker")


class DryRunOptions(Strict):
    """Which server, and what it must hold to."""

    server: Literal["auto", "stand_in", "tensorflow_model_server", "docker", "infra_validator"] = Field(
        "auto",
        description="auto: tensorflow_model_server where it is on the PATH, else the stand-in; infra_validator: TFX's "
        "own, which starts TF Serving on Kubernetes",
    )
    image: str = Field(IMAGE, description="of docker and infra_validator")
    rows: int = Field(200, ge=1, le=10_000, description="of the evaluation split, to ask for")
    load_seconds: float = Field(60.0, gt=0, description="from the start of the server until the model must be loaded")
    p99_ms: float = Field(100.0, gt=0, description="of a request of 50 candidates, or rows")
    memory_mib: float = Field(4096.0, gt=0, description="of the server at most; not measured in docker")

    @model_validator(mode="after")
    def _an_image(self) -> Self:
        if self.server == "infra_validator" and not re.fullmatch(r"\S+:[\w.-]+", self.image):
            raise ValueError(f"image is '{self.image}', and infra_validator needs one with a tag: {IMAGE}")
        return self


def check_program(options: DryRunOptions) -> None:
    """Checks that the server's program is on this machine.

    Raises:
        ConfigError: it is not, which the dry run would find after the training.
    """
    if options.server in _PROGRAMS and shutil.which(options.server) is None:
        raise ConfigError(
            f"dry_run.server is {options.server}, and there is no such program on the PATH: "
            "install it, or set dry_run.server to stand_in."
        )
