"""A draft, from the files to what is written and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.drafting.gains.folds import halves
from widedeep.pipeline.drafting.gains.measures import Target, codes_of, follows, measured
from widedeep.pipeline.drafting.gains.pairs import PairGain, best_pairs
from widedeep.pipeline.drafting.reading.columns import Codes, Floats, category_codes, numbers_of
from widedeep.pipeline.drafting.reading.forms import Form
from widedeep.pipeline.drafting.reading.locations import Location
from widedeep.pipeline.drafting.reading.profiler import largest_share, profiles, sample_values
from widedeep.pipeline.drafting.reading.row_sample import SPLIT
from widedeep.pipeline.drafting.reading.survey import Survey
from widedeep.pipeline.drafting.reading.times import seconds
from widedeep.pipeline.drafting.rules import crosses, splits
from widedeep.pipeline.drafting.rules.features import Drafted, draft_feature
from widedeep.pipeline.drafting.rules.keys import keys_for
from widedeep.pipeline.drafting.rules.kinds import Choice, kind_of
from widedeep.pipeline.drafting.rules.label import LabelRule, label_rule
from widedeep.pipeline.drafting.rules.names import says_id, says_item, says_person
from widedeep.pipeline.drafting.rules.profile import ColumnProfile
from widedeep.pipeline.drafting.rules.sides import Side, side_of
from widedeep.pipeline.drafting.rules.splits import SplitRule
from widedeep.pipeline.drafting.rules.training import training

_CROSSES = 5


@dataclass(frozen=True)
class Wishes:
    """What a person says of the columns.

    Attributes:
        label: the label's column.
        time: of the rows' times; None where it is to be found.
        context, candidate: columns of either side.
        positive: values of the label that are 1.
    """

    label: str
    time: str | None = None
    context: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftedColumn:
    """What was decided of a column: a feature, or why it is none."""

    profile: ColumnProfile
    choice: Choice
    drafted: Drafted | None
    side: Side | None


@dataclass(frozen=True)
class DraftedCross:
    """A cross, and what it gains."""

    keys: tuple[str, str]
    buckets: int
    combinations: int
    gain: float


@dataclass(frozen=True)
class Draft:
    """All that was decided.

    Attributes:
        rows: of all files.
        label: its column.
        label_key: its key.
        rule: which of its values are 1.
        columns: by name, but for the label.
        crosses: the best first.
        split: how the rows are split.
        training: settings, and why.
        null_values: texts that stand for no value.
    """

    rows: int
    label: str
    label_key: str
    rule: LabelRule
    columns: dict[str, DraftedColumn]
    crosses: list[DraftedCross]
    split: SplitRule
    training: tuple[dict[str, Any], str]
    null_values: tuple[str, ...]


def make_draft(location: Location, form: Form, seen: Survey, wishes: Wishes) -> Draft:
    """Decides all that a pipeline needs.

    Raises:
        ConfigError: the label can't be read, or nothing is left to learn from.
        DataError: the rows can't be learned from.
    """
    counts = seen.counts[wishes.label]
    rule = label_rule(
        wishes.label, counts.few, counts.numeric and not counts.no_values, counts.whole, counts.missing, wishes.positive
    )
    for of_column in seen.counts.values():
        # Other formats have no texts that stand for no value.
        of_column.numeric = of_column.numeric and (form.file_format in ("csv", "tsv") or not of_column.no_values)
    times = (wishes.time,) if wishes.time else ()
    known = profiles(seen.counts, seen.sample, times)
    del known[wishes.label]
    values = sample_values(seen.counts, seen.sample)
    target_values = values.pop(wishes.label)
    label = rule.numbers(target_values.to_pylist(), _numbers(target_values, rule))
    split = _split(location, seen, known, values, wishes)
    kept = np.ones(len(label), bool)
    if split.by == "files":
        kept = np.array([name == "train" for name in seen.sample.column(SPLIT).to_pylist()])
    target = _target(label, rule, split, known, values)
    known = {name: measured(profile, values[name], target) for name, profile in known.items()}
    choices = {name: kind_of(profile, target.binary) for name, profile in known.items()}
    choices = _without_splitting(choices, split)
    if all(choice.kind == "out" for choice in choices.values()):
        reasons = "; ".join(f"{name}: {choice.reason}" for name, choice in list(choices.items())[:5])
        raise DataError(f"no column is left that a model could learn from. {reasons}.")
    keys = keys_for([wishes.label, *choices])
    rows = round(0.8 * seen.rows)
    columns = _columns(known, choices, values, keys, wishes, rows)
    pairs = _pairs(columns, values, target, kept)
    sampled = min(seen.sample.num_rows, 50_000)
    return Draft(
        rows=seen.rows,
        label=wishes.label,
        label_key=keys[wishes.label],
        rule=rule,
        columns=columns,
        crosses=[_cross(pair, sampled, seen.rows) for pair in pairs],
        split=split,
        training=training(rows),
        null_values=_null_values(form, columns),
    )


def _numbers(values: pa.Array, rule: LabelRule) -> Floats:
    """The label's numbers; of texts, whose rule needs none, zeros."""
    if rule.positive:
        return np.zeros(len(values))
    return numbers_of(values)


def _split(
    location: Location, seen: Survey, known: Mapping[str, ColumnProfile], values: Mapping[str, pa.Array], wishes: Wishes
) -> SplitRule:
    if location.splits:
        return splits.by_files({split: pattern for split, (pattern, _) in location.splits.items()})
    named = [wishes.time] if wishes.time else []
    found = [name for name, profile in known.items() if profile.time_format is not None and not profile.missing]
    for name in named or found:
        form = known[name].time_format
        if form is None:
            raise ConfigError(
                f"--time {name}: its values are no times: seconds or milliseconds since 1970, or ISO 8601 "
                "(2026-11-29T08:30:00Z), are known."
            )
        if known[name].missing:
            raise ConfigError(
                f"--time {name}: has no value in {known[name].missing:,} rows, which no split by time could take."
            )
        number = known[name].number
        texts = values[name].to_pylist()
        start = f"{number.low:.0f}" if number is not None else min(text for text in texts if text is not None)
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


def _target(
    label: Floats,
    rule: LabelRule,
    split: SplitRule,
    known: Mapping[str, ColumnProfile],
    values: Mapping[str, pa.Array],
) -> Target:
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


def _without_splitting(choices: dict[str, Choice], split: SplitRule) -> dict[str, Choice]:
    """Without what no model can learn from: moments that never come again, and persons that one split alone has."""
    out = dict(choices)
    for name, choice in choices.items():
        if choice.kind == "time":
            use = "the rows are split by it" if name == split.column else "moments never come again"
            out[name] = Choice("out", f"{choice.reason}: {use}")
    if split.by == "person" and split.column is not None:
        out[split.column] = Choice("out", "the splits share none of them: what is learned of one is never measured")
    return out


def _columns(
    known: Mapping[str, ColumnProfile],
    choices: Mapping[str, Choice],
    values: Mapping[str, pa.Array],
    keys: Mapping[str, str],
    wishes: Wishes,
    rows: int,
) -> dict[str, DraftedColumn]:
    used = [name for name, choice in choices.items() if choice.kind != "out"]
    categories = {name: category_codes(values[name]) for name in used if known[name].members is None}
    ids = {
        name: "context" if says_person(name) else "candidate"
        for name in categories
        if says_id(name) and (says_person(name) or says_item(name))
    }
    determined = follows(categories, ids)
    columns: dict[str, DraftedColumn] = {}
    for name, choice in choices.items():
        side = drafted = None
        if choice.kind != "out":
            side = side_of(name, wishes.context, wishes.candidate, determined)
            drafted = draft_feature(keys[name], known[name], choice, side.side, rows)
        columns[name] = DraftedColumn(known[name], choice, drafted, side)
    return columns


def _pairs(
    columns: Mapping[str, DraftedColumn], values: Mapping[str, pa.Array], target: Target, kept: np.ndarray
) -> list[PairGain]:
    codes: dict[str, Codes] = {}
    ranks: dict[str, float] = {}
    for name, column in columns.items():
        if column.drafted is None or column.choice.kind == "time":
            continue
        profile = column.profile
        own = category_codes(values[name]) if column.choice.kind == "category" else codes_of(profile, values[name])
        codes[column.drafted.feature["key"]] = own.take(kept)
        ranks[column.drafted.feature["key"]] = profile.alone
    ranked = sorted(ranks, key=lambda key: -ranks[key])
    return best_pairs(codes, target.label[kept], target.half[kept], target.binary, _CROSSES, ranked)


def _cross(pair: PairGain, sampled: int, rows: int) -> DraftedCross:
    found = crosses.combinations(pair.combinations, pair.once, sampled, rows)
    return DraftedCross(pair.keys, crosses.buckets(found), found, pair.gain)


def _null_values(form: Form, columns: Mapping[str, DraftedColumn]) -> tuple[str, ...]:
    if form.file_format not in ("csv", "tsv"):
        return ()
    return tuple(
        sorted(
            {
                text
                for column in columns.values()
                if column.choice.kind == "number" and column.profile.number is not None
                for text in column.profile.number.nan_texts
            }
        )
    )
