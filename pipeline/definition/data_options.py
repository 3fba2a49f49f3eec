"""Settings of the raw data: which files, how they are split, and which spans are read."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.settings import Strict

SpanRange = Annotated[str, Field(pattern=r"^[0-9]+-[0-9]+$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
# A span is numbered, or a day, in TFX's ways of writing them.
_SPAN = re.compile(r"\{SPAN(:\d+)?\}|\{YYYY\}")


class DataOptions(Strict):
    """Where the raw rows are.

    `splits` names a file pattern for each split; `hash_split` instead cuts the files that `pattern` matches, by
    the hash of each row's content, in the given proportions. Patterns may hold {SPAN} and {VERSION}.
    """

    path: str = Field(description="folder, relative to the pipeline's file")
    format: Literal["csv", "parquet", "tfrecord"] = Field(description="of the files; tfrecord holds tf.Examples")
    splits: dict[Name, str] | None = Field(None, description="file pattern of each split, relative to `path`")
    hash_split: dict[Name, Annotated[int, Field(ge=1)]] | None = Field(
        None, description="proportion of each split, instead of `splits`: by the rows' content"
    )
    pattern: str = Field("*", description="files of `hash_split`, relative to `path`")
    span: Literal["latest"] | Annotated[int, Field(ge=0)] | SpanRange = Field(
        "latest", description="which {SPAN} to read, where a pattern has one; 3-7 reads five, and trains on them"
    )
    window: int = Field(1, ge=1, description="spans to train on: the one read, and those before it that were read")
    serving: str | None = Field(
        None, description="pattern of rows that a server was asked for, without label: the limits `skew` hold for them"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.splits is None) == (self.hash_split is None):
            raise ValueError("give one of splits and hash_split")
        if self.splits is not None and "pattern" in self.model_fields_set:
            raise ValueError("'pattern' goes with hash_split; splits has a pattern for each split")
        for split, use in (("train", "trained"), ("eval", "watched while training")):
            if split not in self.split_names:
                raise ValueError(f"there is no split '{split}', on which the model is {use}")
        self._spans_fit()
        return self

    def _spans_fit(self) -> None:
        if self.spans is not None and not self.spans:
            raise ValueError(f"span {self.span} ends before it begins")
        if self.window > 1 and not self.in_spans:
            raise ValueError(f"window is {self.window}, but no pattern has a {{SPAN}}")
        spans = [pattern for pattern in self.patterns if _SPAN.search(pattern)]
        for pattern in self.patterns:
            if pattern not in spans and (spans or self.span != "latest"):
                why = f"span is {self.span}" if self.span != "latest" else f"'{spans[0]}' has one"
                raise ValueError(f"the pattern '{pattern}' has no {{SPAN}}, but {why}")
            if pattern not in spans and "{VERSION" in pattern:
                raise ValueError(f"the pattern '{pattern}' has a {{VERSION}} but no {{SPAN}} that it is a version of")

    @property
    def split_names(self) -> list[str]:
        """Names of the splits, in order."""
        return list(self.splits or self.hash_split or {})

    @property
    def spans(self) -> range | None:
        """The spans of a range; None where one span is read."""
        if isinstance(self.span, int) or self.span == "latest":
            return None
        first, last = map(int, self.span.split("-"))
        return range(first, last + 1)

    @property
    def in_spans(self) -> bool:
        """Whether the data come in spans."""
        return any(_SPAN.search(pattern) for pattern in self.patterns)

    @property
    def patterns(self) -> list[str]:
        """The file patterns, relative to `path`."""
        return list(self.splits.values()) if self.splits else [self.pattern]
