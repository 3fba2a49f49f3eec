"""Settings of the raw data: which files, how they are split, and which spans are read."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.ingest.csv_files.dialect import TAB, CsvDialect
from widedeep.components.ingest.negatives.negative_options import NegativeOptions
from widedeep.components.ingest.splitting.time_cuts import TimeCuts
from widedeep.components.ingest.streams.text_form import TextForm
from widedeep.pipeline.definition.spans.span_numbers import WAYS, WRITTEN, span_numbers
from widedeep.pipeline.definition.spans.span_pattern import SpanPattern

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
# What TFX takes; Kubeflow, too, which adds to it where it names a version.
PipelineName = Annotated[Name, Field(max_length=63)]


class DataOptions(CsvDialect):
    """Where the raw rows are.

    `splits` names a file pattern for each split; `hash_split` instead cuts the files that `pattern` matches, by
    the hash of each row's content or of one of its values, in the given proportions, and `split_by_time` by a time.
    Patterns may hold {SPAN} and {VERSION}.
    """

    path: str = Field("", description="folder, relative to the pipeline's file; of queries none")
    format: Literal["csv", "tsv", "jsonl", "parquet", "tfrecord", "sql"] = Field(
        description="of the files; jsonl has an object a line, tfrecord holds tf.Examples; sql: queries to a database"
    )
    connection: str | None = Field(
        None,
        description="of sql: the name of an environment variable, which holds the address: "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, the same with mysql, or sqlite:///PATH",
    )
    splits: dict[Name, str] | None = Field(
        None, description="file pattern of each split, relative to `path`; of sql its query"
    )
    query: str | None = Field(None, description="of sql: the rows of `hash_split` and `split_by_time`")
    hash_split: dict[Name, Annotated[int, Field(ge=1)]] | None = Field(
        None, description="proportion of each split, instead of `splits`: by the rows' content"
    )
    hash_by: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="with `hash_split`: a column, declared or not: rows of one value fall into one split; those "
        "without a value by their content",
    )
    split_by_time: dict[Name, str] | None = Field(
        None,
        description="instead of `splits`: the `column` and each split's start, as the column writes times: a number, "
        "2024-02-01, or 2024-02-01 10:30:00 (without a zone UTC). A split ends where the next starts; earlier rows are "
        "left out",
    )
    pattern: str = Field("*", description="files of `hash_split` and `split_by_time`, relative to `path`")
    span: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=WRITTEN)] = Field(
        "latest",
        description="which {SPAN} to read, where a pattern has one: latest, 5, or with {YYYY}, {MM} and {DD} "
        "2024-02-01; 3-7 reads five, and trains on them, and 2024-01-30-2024-02-02 four",
    )
    window: int = Field(1, ge=1, description="spans to train on: the one read, and those before it that were read")
    negatives: NegativeOptions | None = Field(
        None,
        description="rows of label 0 to draw where the data has none; a file may then lack the label's column: all its "
        "rows are of label 1",
    )
    serving: str | None = Field(
        None,
        description="pattern (of sql a query) of rows that a server was asked for, without label: the limits `skew` "
        "hold for them",
    )

    @field_validator("span", mode="before")
    @classmethod
    def _a_span(cls, span: Any) -> Any:
        if isinstance(span, int) and not isinstance(span, bool):
            span = repr(int(span))
        if not isinstance(span, str) or not re.fullmatch(WRITTEN, span):
            raise ValueError(f"no span is written so: {WAYS}")
        return int(span) if span.isdigit() else span

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if sum(way is not None for way in (self.splits, self.hash_split, self.split_by_time)) != 1:
            raise ValueError("give one of splits, hash_split and split_by_time")
        if self.splits is not None and "pattern" in self.model_fields_set:
            raise ValueError("'pattern' goes with hash_split and split_by_time; splits has a pattern for each split")
        if self.hash_by is not None and self.hash_split is None:
            raise ValueError("hash_by goes with hash_split, whose proportions it keeps")
        for split, use in (("train", "trained"), ("eval", "watched while training")):
            if split not in self.split_names:
                raise ValueError(f"there is no split '{split}', on which the model is {use}")
        self._form_fits()
        self._source_fits()
        self._spans_fit()
        return self

    def _form_fits(self) -> None:
        of_text = set(TextForm.model_fields)
        of_csv = set(CsvDialect.model_fields) - of_text
        for options, formats in ((of_csv, ("csv", "tsv")), (of_text, ("csv", "tsv", "jsonl"))):
            others = sorted(options & self.model_fields_set)
            if others and self.format not in formats:
                which = f"{', '.join(formats[:-1])} and {formats[-1]}"
                raise ValueError(f"{others[0]} is an option of {which}, and format is {self.format}")
        if self.format == "tsv" and "delimiter" in self.model_fields_set and self.delimiter != TAB:
            raise ValueError(f"delimiter is {self.delimiter!r}, and TSV has tabs: set format: csv")

    def _source_fits(self) -> None:
        if self.format != "sql":
            others = sorted({"connection", "query"} & self.model_fields_set)
            if others:
                raise ValueError(f"{others[0]} is an option of sql, and format is {self.format}")
            if not self.path:
                raise ValueError("path is missing: the folder of the files")
            return
        others = sorted({"path", "pattern", "span", "window"} & self.model_fields_set)
        if others:
            raise ValueError(f"{others[0]} is an option of files, and format is sql")
        if self.connection is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.connection):
            # Without the value, which may be an address with its password.
            raise ValueError(
                "connection names the environment variable that holds the database's address, as DATABASE_URL; an "
                "address itself has no place in a file"
            )
        if (self.query is None) == (self.splits is None):
            raise ValueError("sql has a query for each of splits, or one beside hash_split or split_by_time")

    def _spans_fit(self) -> None:
        if self.split_by_time is not None and self.in_spans:
            raise ValueError(
                "split_by_time cuts one set of files by fixed times, and the pattern has spans: a later span would "
                "fall into the last split. Take splits or hash_split, or leave the span out of the pattern"
            )
        if self.window > 1 and not self.in_spans:
            raise ValueError(f"window is {self.window}, but no pattern has a {{SPAN}}")
        patterns = [SpanPattern(pattern) for pattern in self.patterns]
        for pattern in [*patterns, *map(SpanPattern, filter(None, [self.serving if patterns else None]))]:
            pattern.check()
        spans = [pattern for pattern in patterns if pattern.in_spans]
        for pattern in patterns:
            if not pattern.in_spans and (spans or self.span != "latest"):
                why = f"span is {self.span}" if self.span != "latest" else f"'{spans[0].text}' has one"
                raise ValueError(f"the pattern '{pattern.text}' has no {{SPAN}}, but {why}")
            if not pattern.in_spans and "{VERSION" in pattern.text:
                raise ValueError(
                    f"the pattern '{pattern.text}' has a {{VERSION}} but no {{SPAN}} that it is a version of"
                )
            if spans and pattern.dated != spans[0].dated:
                raise ValueError(f"the pattern '{pattern.text}' and '{spans[0].text}' name spans in two ways")
            for span in self.span_numbers:
                pattern.check_room(span)

    @property
    def dialect(self) -> CsvDialect:
        """How text files are written."""
        return CsvDialect(**{name: getattr(self, name) for name in CsvDialect.model_fields})

    @property
    def split_names(self) -> list[str]:
        """Names of the splits, in order."""
        if self.split_by_time is not None:
            return list(TimeCuts.of(self.split_by_time).starts)
        return list(self.splits or self.hash_split or {})

    @property
    def span_numbers(self) -> tuple[int, ...]:
        """The spans that `span` names; none where it is the latest."""
        if self.span == "latest":
            return ()
        return span_numbers(self.span, any(SpanPattern(pattern).dated for pattern in self.patterns))

    @property
    def spans(self) -> tuple[int, ...] | None:
        """The spans of a range; None where one span is read."""
        is_range = isinstance(self.span, str) and self.span.count("-") in (1, 5)
        return self.span_numbers if is_range else None

    @property
    def in_spans(self) -> bool:
        """Whether the data come in spans."""
        return any(SpanPattern(pattern).in_spans for pattern in self.patterns)

    @property
    def patterns(self) -> list[str]:
        """The file patterns, relative to `path`; of queries none."""
        if self.format == "sql":
            return []
        return list(self.splits.values()) if self.splits else [self.pattern]
