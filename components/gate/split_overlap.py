"""What the splits have in common that they should not: rows, and where rows were spread by their hash, users."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping

from widedeep.components.content.content_record import Content, SplitContent, ValueSample
from widedeep.components.content.shares import equal_rows, estimated_values, repeated_rows, shared_values
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.findings import LEARNED_FROM, Finding

# More rows of a split that are in another one than chance puts there, as a share of it, beyond the noise of three
# standard errors.
_WARNED = 0.01
# Who users are has many values; by its name it is known, or as none of them has many rows. What users are like has few.
_WHO = re.compile("user|customer|visitor|member|person|client|account|device", re.IGNORECASE)
_FEWEST_USERS, _LARGEST_SHARE = 40, 0.1


def overlap_findings(content: Content) -> Iterator[Finding]:
    """Yields a warning for each split of which more rows are in an earlier one than chance puts there."""
    for (first, its), (second, split) in itertools.combinations(content.splits.items(), 2):
        yield from _copied(second, split, f"'{first}'", its)


def span_findings(content: Content, earlier: Mapping[int, Content]) -> Iterator[Finding]:
    """Yields the same of what the models of earlier spans, which this span's starts from, were trained on.

    Args:
        content: of the span.
        earlier: of the spans before it, by their number.
    """
    for span, other in sorted(earlier.items()):
        for name, split in content.splits.items():
            if name != LEARNED_FROM:
                yield from _copied(name, split, f"'{LEARNED_FROM}' of span {span}", other.splits[LEARNED_FROM])


def _copied(name: str, split: SplitContent, where: str, other: SplitContent) -> Iterator[Finding]:
    equal = equal_rows(split.sample, split.rows, other.sample)
    by_chance = repeated_rows(other.sample, other.rows).value
    noise = 3 * math.sqrt(by_chance * (1 - by_chance) / split.rows)
    if equal.value > by_chance + noise + _WARNED:
        yield Finding(
            name,
            "",
            f"{equal} rows ({equal.value:.1%}) are equal to rows of {where}, of whose own rows {by_chance:.1%} "
            "have an equal: was a part of the data copied into both? A row that a model is trained on can't "
            "measure it",
            mild=True,
        )


def overlap_notes(content: Content, spec: FeatureSpec) -> Iterator[str]:
    """Yields what is worth knowing of rows and users in two splits, and may be as it should."""
    for (first, its), (second, split) in itertools.combinations(content.splits.items(), 2):
        equal = equal_rows(split.sample, split.rows, its.sample)
        if equal.count:
            share = f" ({equal.value:.1%})" if equal.value >= 0.001 else ""
            yield f"{equal} rows of '{second}'{share} are equal to rows of '{first}'"
    user = _user(content.splits[LEARNED_FROM], spec) if content.by_hash else None
    shared = {
        name: shared_values(split.features[user], content.splits[LEARNED_FROM].features[user])
        for name, split in content.splits.items()
        if user and name != LEARNED_FROM
    }
    told = [f"{share} in '{name}'" for name, share in shared.items() if share.count]
    if told:
        yield (
            f"of the values of '{user}', {' and '.join(told)} are in '{LEARNED_FROM}' as well: data.hash_split spreads "
            f"the rows of one '{user}' over the splits; data.hash_by keeps them in one"
        )


def _user(train: SplitContent, spec: FeatureSpec) -> str | None:
    """The feature that seems to name the user: of the strings that a request sends once, the one with most values."""
    who = [feature.key for feature in spec.features if feature.side == "context" and feature.kind == "categorical"]
    who = [key for key in who if len(train.features[key].counts) >= _FEWEST_USERS]
    who = [key for key in who if _WHO.search(key)] or [key for key in who if _is_spread(train.features[key])]
    return max(who, key=lambda key: estimated_values(train.features[key]), default=None)


def _is_spread(values: ValueSample) -> bool:
    most = max(values.counts.values(), default=0)
    return most <= _LARGEST_SHARE * values.values
