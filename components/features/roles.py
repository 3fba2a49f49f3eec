"""What a feature is to the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from widedeep.components.common.settings import Strict

Width = Annotated[int, Field(ge=1, le=4096)]


class Deep(Strict):
    """The feature's part in the deep model."""

    embedding: Width | None = Field(None, description="dimensions of the embedding")
    pooling: Literal["mean", "sum"] = Field("mean", description="of the embeddings of a set's members")
