"""A draft, from the files to what is written and shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from widedeep.components.common.errors import DataError
from widedeep.pipeline.drafting.column_gains import column_gains, most_new_ids, without_silent
from widedeep.pipeline.drafting.decisions import Draft, DraftedColumn, DraftedCross, Wishes
from widedeep.pipeline.drafting.files.forms import Form
from widedeep.pipeline.drafting.files.locations import Location
from widedeep.pipeline.drafting.gains.measures import measured
from widedeep.pipeline.drafting.gains.pairs import PairGain
from widedeep.pipeline.drafting.gains.relations import follows, vocabulary_owner
from widedeep.pipeline.drafting.reading.columns import Floats, category_codes, numbers_of
from widedeep.pipeline.drafting.reading.profiler import profiles, sample_values
from widedeep.pipeline.drafting.reading.row_sample import SPLIT
from widedeep.pipeline.drafting.reading.survey import Survey
from widedeep.pipeline.drafting.row_splits import split_of, target_of, without_persons
from widedeep.pipeline.drafting.rules import crosses
from widedeep.pipeline.drafting.rules.features import draft_feature
from widedeep.pipeline.drafting.rules.keys import keys_for
from widedeep.pipeline.drafting.rules.kinds import Choice, kind_of
from widedeep.pipeline.drafting.rules.label import LabelRule, label_rule
from widedeep.pipeline.drafting.rules.names import says_id, says_item, says_one, says_person
from widedeep.pipeline.drafting.rules.profile import ColumnProfile
from widedeep.pipeline.drafting.rules.sides import side_of
from widedeep.pipeline.drafting.rules.training import training


def make_draft(location: Location, form: Form, seen: Survey, wishes: Wishes) -> Draft:
    """Decides all that a pipeline needs.

    Raises:
        ConfigError: the label can't be read, or nothing is left to learn from.
        DataError: the rows can't be learned from.
    """
    rule = _rule(seen, wishes)
    for of_column in seen.counts.values():
        # Other formats have no texts that stand for no value.
        of_column.numeric = of_column.numeric and (form.file_format in ("csv", "tsv") or not of_column.no_values)
    times = (wishes.time,) if wishes.time else ()
    known = profiles(seen.counts, seen.sample, times)
    del known[wishes.label]
    values = sample_values(seen.counts, seen.sample)
    target_values = values.pop(wishes.label)
    label = rule.numbers(target_values.to_pylist(), _numbers(target_values, rule))
    split = split_of(location, known, values, wishes)
    kept = np.ones(len(label), bool)
    if split.by == "files":
        kept = np.array([name == "train" for name in seen.sample.column(SPLIT).to_pylist()])
    target = target_of(label, rule, split, known, values)
    known = {name: measured(profile, values[name], target) for name, profile in known.items()}
    choices = {name: kind_of(profile, target.binary) for name, profile in known.items()}
    choices = without_persons(choices, split)
    if all(choice.kind == "out" for choice in choices.values()):
        reasons = "; ".join(f"{name}: {choice.reason}" for name, choice in list(choices.items())[:5])
        raise DataError(f"no column is left that a model could learn from. {reasons}.")
    keys = keys_for([wishes.label, *choices])
    rows = round(0.8 * seen.rows)
    columns = _columns(known, choices, values, keys, wishes, rows)
    gains = column_gains(columns, values, target, kept, split)
    columns = without_silent(columns, gains.silent)
    sampled = min(seen.sample.num_rows, 50_000)
    return Draft(
        rows=seen.rows,
        label=wishes.label,
        label_key=keys[wishes.label],
        rule=rule,
        columns=columns,
        crosses=[_cross(pair, sampled, seen.rows) for pair in gains.pairs],
        split=split,
        training=training(
            rows,
            max((pair.agreement for pair in gains.pairs), default=0.0),
            most_new_ids(columns, values, target, split),
        ),
        null_values=_null_values(form, columns),
    )


def _rule(seen: Survey, wishes: Wishes) -> LabelRule:
    counts = seen.counts[wishes.label]
    numeric = counts.numeric and not counts.no_values
    share = 0.0
    if numeric and counts.few is None:
        sampled = sample_values(seen.counts, seen.sample)[wishes.label]
        share = float(np.mean(numbers_of(sampled) == counts.low))
    return label_rule(
        wishes.label,
        counts.few,
        numeric=numeric,
        whole=counts.whole,
        missing=counts.missing,
        positive=wishes.positive,
        least=(counts.low, share),
    )


def _numbers(values: pa.Array, rule: LabelRule) -> Floats:
    """The label's numbers; of texts, whose rule needs none, zeros."""
    if rule.positive:
        return np.zeros(len(values))
    return numbers_of(values)


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
        if (says_id(name) or says_one(name)) and (says_person(name) or says_item(name))
    }
    determined = follows(categories, ids)
    texts = {name: values[name] for name in used if choices[name].kind == "category"}
    distinct = {name: known[name].distinct for name in texts}
    columns: dict[str, DraftedColumn] = {}
    for name, choice in choices.items():
        side = drafted = None
        if choice.kind != "out":
            side = side_of(name, wishes.context, wishes.candidate, determined)
            taken = {f"{keys[name]}_{part}" for part in known[name].time_parts} & set(keys.values())
            if choice.kind == "time" and taken:
                columns[name] = DraftedColumn(known[name], Choice("out", f"{min(taken)} is there already"), None, None)
                continue
            owner = vocabulary_owner(known[name], values[name], texts, distinct) if choice.kind == "set" else None
            drafted = draft_feature(
                keys[name], known[name], choice, side.side, rows, of=keys[owner] if owner is not None else None
            )
        columns[name] = DraftedColumn(known[name], choice, drafted, side)
    return columns


def _cross(pair: PairGain, sampled: int, rows: int) -> DraftedCross:
    size = crosses.combinations(pair.combinations, pair.once, sampled, rows)
    return DraftedCross(pair.keys, size, pair.gain)


def _null_values(form: Form, columns: Mapping[str, DraftedColumn]) -> tuple[str, ...]:
    if form.file_format not in ("csv", "tsv"):
        return ()
    return tuple(
        sorted(
            {
                text
                for column in columns.values()
                if column.choice.kind in ("number", "time") and column.profile.number is not None
                for text in column.profile.number.nan_texts
            }
            | {text for column in columns.values() if column.choice.kind == "time" for text in column.profile.no_values}
        )
    )
