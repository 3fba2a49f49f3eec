"""What a feature is to the model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widedeep.components.common.settings import Strict


class Deep(Strict):
    """The feature's part in the deep model."""

    embedding: int | None = Field(None, ge=1, le=4096, description="dimensions of the embedding")
    pooling: Literal["mean", "sum"] = Field("mean", description="of the embeddings of a set's members")
