"""Values that the label's rule lists and no row has: most often one is misspelt, and all that is meant by it is a 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from widedeep.components.common.errors import shown
from widedeep.components.common.settings import near
from widedeep.components.content.content_record import Content
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.findings import LEARNED_FROM, Finding

# How a file's split is called whose rows are spread.
_SPREAD = "all"
_SHOWN = 3


def label_findings(content: Content, spec: FeatureSpec) -> Iterator[Finding]:
    """Yields a finding for each value: it stops where no row is 1, and warns where another value is near.

    Args:
        content: of the splits.
        spec: the declaration.
    """
    label = spec.label
    if label.positive is None:
        return
    split = _SPREAD if content.by_hash or content.by_time else LEARNED_FROM
    counts: Counter[str] = Counter()
    for file in content.files:
        if file.split == split:
            counts.update(file.labels)
    listed = {**dict.fromkeys(label.positive, "positive"), **dict.fromkeys(label.negative or (), "negative")}
    others = {word: count for word, count in counts.items() if word not in listed}
    no_ones = not any(counts[word] for word in label.positive)
    for word, kind in listed.items():
        if counts[word]:
            continue
        meant = near(word, others)
        reason = f"no row has {shown(word)}, which features.yaml lists as `{kind}`{_instead(meant, others)}"
        stops = no_ones and kind == "positive"
        yield Finding(split, label.key, reason, mild=not stops and bool(meant), note=not stops and not meant)


def _instead(meant: str | None, others: dict[str, int]) -> str:
    if meant:
        return f" (is {shown(meant)} meant, which is 0 in {others[meant]:,} rows?)"
    most = sorted(others, key=lambda word: -others[word])[:_SHOWN]
    rows = ", ".join(f"{shown(word)} in {others[word]:,} rows" for word in most)
    return f"; 0 are {rows}" if rows else ""
