"""Whether the spans that a run is to read are there, looked at before anything runs."""

from __future__ import annotations

import os

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import literal, matching_files
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.spans.span_pattern import SpanPattern

_LISTED = 10
Tokens = dict[int, set[tuple[str, ...]]]


def check_spans(data: DataOptions) -> None:
    """Checks that each pattern has files of the spans that are to be read, or all of them the same latest one.

    Raises:
        ConfigError: names the span, the pattern, and what is there.
    """
    if not data.in_spans:
        return
    latest: dict[int, SpanPattern] = {}
    for pattern in map(SpanPattern, data.patterns):
        there = _tokens(data, pattern, all_must_fit=data.span == "latest")
        for span in data.span_numbers:
            _check_there(data, pattern, span, there)
        if data.span == "latest":
            newest = max(there)
            if len(there[newest]) > 1:
                names = " and ".join(sorted(_name(pattern, token) for token in there[newest]))
                raise ConfigError(
                    f"{data.path}: {names} of '{pattern.text}' are the same span, {_written(pattern, newest)}: "
                    "rename one, or remove it."
                )
            latest.setdefault(newest, pattern)
    if len(latest) > 1:
        each = ", ".join(f"of '{pattern.text}' it is {_written(pattern, span)}" for span, pattern in latest.items())
        raise ConfigError(
            f"{data.path}: the latest span must be the same for each split: {each}. Add what is missing, or name a "
            "span that all have: --set span=..."
        )


def _tokens(data: DataOptions, pattern: SpanPattern, all_must_fit: bool) -> Tokens:
    """What stands in the files' names for each span that is there."""
    there: Tokens = {}
    for path in matching_files(os.path.join(literal(data.path), pattern.glob())):
        relative = os.path.relpath(path, data.path) if "://" not in path else path.removeprefix(f"{data.path}/")
        token = pattern.tokens(relative)
        span = pattern.number(token)
        if span is not None:
            there.setdefault(span, set()).add(token)
        elif all_must_fit:
            kind = "day" if pattern.dated else "number"
            raise ConfigError(
                f"{path}: fits '{pattern.text}' but for the span, where no {kind} stands: move it elsewhere, or name "
                "the span to read: --set span=..."
            )
    return there


def _check_there(data: DataOptions, pattern: SpanPattern, span: int, there: Tokens) -> None:
    tokens = there.get(span, set())
    if pattern.token_in_order(span) in tokens:
        return
    hint = ""
    if tokens and pattern.numbered:
        written = max(token[0] for token in tokens)
        hint = f"; {_name(pattern, (written,))} is: write {{SPAN:{len(written)}}} for numbers with zeros before them"
    spans = [_written(pattern, number) for number in sorted(there)]
    more = f"{len(spans) - _LISTED} more and " if len(spans) > _LISTED else ""
    listed = f"there are {more}{', '.join(spans[-_LISTED:])}" if spans else "there is none"
    raise ConfigError(
        f"data.span: there is no span {_written(pattern, span)} of '{pattern.text}' in {data.path}: {listed}{hint}."
    )


def _written(pattern: SpanPattern, span: int) -> str:
    return "-".join(pattern.token(span)) if pattern.dated else str(span)


def _name(pattern: SpanPattern, token: tuple[str, ...]) -> str:
    """The part of a file's path that names its span: `day-05`."""
    [part] = [part for part in pattern.text.split("/") if "{SPAN" in part] if pattern.numbered else [pattern.text]
    return f"'{pattern.filled(part, token)}'"
