"""What the splits have in common that they should not: rows, and where rows were spread by their hash, users."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from widedeep.components.content.content_record import Content, SplitContent
from widedeep.components.content.shares import equal_rows, repeated_rows, shared_values
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.findings import Finding

# More rows of a split that are in another one than chance puts there, as a share of it.
_WARNED = 0.01
# What has fewer values is a trait of users, not who they are.
_FEWEST_USERS = 10


def overlap_findings(content: Content) -> Iterator[Finding]:
    """Yields a warning for each split of which more rows are in an earlier one than chance puts there."""
    for (first, its), (second, split) in itertools.combinations(content.splits.items(), 2):
        equal = equal_rows(split.sample, split.rows, its.sample)
        by_chance = repeated_rows(its.sample, its.rows)
        if equal.value - by_chance.value > _WARNED:
            yield Finding(
                second,
                "",
                f"{equal} rows ({equal.value:.1%}) are equal to rows of '{first}', of whose own rows "
                f"{by_chance.value:.1%} have an equal: was a part of the data copied into both? A row that a model "
                "is trained on can't measure it",
                mild=True,
            )


def overlap_notes(content: Content, spec: FeatureSpec) -> Iterator[str]:
    """Yields what is worth knowing of rows and users in two splits, and may be as it should."""
    for (first, its), (second, split) in itertools.combinations(content.splits.items(), 2):
        equal = equal_rows(split.sample, split.rows, its.sample)
        if equal.count:
            yield f"{equal} rows of '{second}' ({equal.value:.1%}) are equal to rows of '{first}'"
    if content.by_hash:
        for (first, its), (second, split) in itertools.combinations(content.splits.items(), 2):
            yield from _shared_users(first, its, second, split, spec)


def _shared_users(first: str, its: SplitContent, second: str, split: SplitContent, spec: FeatureSpec) -> Iterator[str]:
    """Of what a request sends once, the feature with the most values is taken for the user's name."""
    shared = {
        feature.key: shared_values(split.features[feature.key], its.features[feature.key])
        for feature in spec.features
        if feature.side == "context" and feature.kind == "categorical"
    }
    users = {key: share for key, share in shared.items() if share.count and share.of >= _FEWEST_USERS}
    if users:
        key = max(users, key=lambda key: users[key].of)
        yield (
            f"{users[key]} values of '{key}' in '{second}' ({users[key].value:.1%}) are in '{first}' as well: "
            "data.hash_split spreads rows, and not who they are of"
        )
