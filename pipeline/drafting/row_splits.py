"""How a draft splits the rows, and what is measured by the same cut."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.drafting.decisions import Wishes
from widedeep.pipeline.drafting.files.locations import Location
from widedeep.pipeline.drafting.gains.folds import halves
from widedeep.pipeline.drafting.gains.measures import Target
from widedeep.pipeline.drafting.reading.columns import Floats, category_codes
from widedeep.pipeline.drafting.reading.profiler import largest_share
from widedeep.pipeline.drafting.reading.times import seconds
from widedeep.pipeline.drafting.rules import splits
from widedeep.pipeline.drafting.rules.kinds import Choice
from widedeep.pipeline.drafting.rules.label import LabelRule
from widedeep.pipeline.drafting.rules.profile import ColumnProfile
from widedeep.pipeline.drafting.rules.splits import SplitRule


def split_of(
    location: Location, known: Mapping[str, ColumnProfile], values: Mapping[str, pa.Array], wishes: Wishes
) -> SplitRule:
    """By files, else by time, else by person, else by row.

    Raises:
        ConfigError: the column that a person names has no times, or not in every row.
    """
    if location.splits:
        return splits.by_files({split: pattern for split, (pattern, _) in location.splits.items()})
    named = [wishes.time] if wishes.time else []
    times = [name for name, profile in known.items() if profile.time_format is not None and not profile.missing]
    for name in named or times:
        form = known[name].time_format
        if form is None:
            raise ConfigError(
                f"--time {name}: its values are no times: seconds, milliseconds, microseconds or nanoseconds since "
                "1970, dates as 20261129, 2026112908 or 26112908, or ISO 8601 (2026-11-29T08:30:00Z), are known."
            )
        if known[name].missing:
            raise ConfigError(
                f"--time {name}: has no value in {known[name].missing:,} rows, which no split by time could take."
            )
        number = known[name].number
        texts = values[name].to_pylist()
        start = f"{number.low:.0f}" if number is not None else known[name].first
        if rule := splits.by_time(name, seconds(values[name], form), texts, start):
            return rule
    persons = [
        name
        for name, profile in known.items()
        if splits.is_person(profile, largest_share(values[name]) if profile.members is None else 1.0)
    ]
    if persons:
        return splits.by_person(max(persons, key=lambda name: known[name].distinct))
    return splits.by_row()


def target_of(
    label: Floats,
    rule: LabelRule,
    split: SplitRule,
    known: Mapping[str, ColumnProfile],
    values: Mapping[str, pa.Array],
) -> Target:
    """What columns are measured against, with halves that are cut as the splits are."""
    time = None
    for name, profile in known.items():
        if profile.time_format is not None and (split.by != "time" or name == split.column):
            time = seconds(values[name], profile.time_format)
            break
    person = category_codes(values[split.column]) if split.by == "person" and split.column else None
    half = halves(len(label), time if split.by == "time" else None, person)
    if rule.kind == "regression":
        label = (label - label.mean()) / (label.std() or 1.0)
    return Target(label, rule.kind == "binary", half, time)


def without_persons(choices: dict[str, Choice], split: SplitRule) -> dict[str, Choice]:
    """Without the persons that one split alone has: what is learned of them is never measured."""
    if split.by != "person" or split.column is None:
        return choices
    return choices | {split.column: Choice("out", "the splits share none of them: what is learned is never measured")}
