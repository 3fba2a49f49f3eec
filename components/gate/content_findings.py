"""What speaks against the data by what ingestion saw of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from widedeep.components.content.content_record import Content, SplitContent
from widedeep.components.content.shares import together
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.file_gaps import drawn_notes, empty_file_notes, gap_findings, label_notes, spreading_notes
from widedeep.components.gate.findings import LEARNED_FROM, Finding
from widedeep.components.gate.split_overlap import overlap_findings, overlap_notes, span_findings
from widedeep.components.gate.unseen_values import unseen_values


class EarlierSpans(NamedTuple):
    """The accepted spans before the one that was read.

    Attributes:
        contents: by number.
        window: spans that the model is trained on, the one that was read among them.
    """

    contents: Mapping[int, Content] = {}
    window: int = 1

    def train(self, content: Content) -> Sequence[SplitContent]:
        """What the model is trained on, given what was read."""
        newest = sorted(self.contents, reverse=True)[: self.window - 1]
        return [read.splits[LEARNED_FROM] for read in (content, *(self.contents[span] for span in newest))]


_FIRST_SPAN = EarlierSpans()


def content_findings(
    content: Content,
    serving: Content | None,
    spec: FeatureSpec,
    unseen: float | None,
    earlier: EarlierSpans = _FIRST_SPAN,
) -> Iterator[Finding]:
    """Yields what splits have in common and what they lack of each other.

    Args:
        content: of the splits.
        serving: of what a server was asked for.
        spec: the declaration.
        unseen: the largest share of a feature's values that train may lack.
        earlier: the spans before.
    """
    yield from overlap_findings(content)
    yield from span_findings(content, earlier.contents)
    train = earlier.train(content)
    # An earlier declaration may have had other features.
    known = {key: together([split.features[key] for split in train if key in split.features]) for key in spec.by_key}
    for read in filter(None, (content, serving)):
        yield from gap_findings(read, spec)
        for split, its in read.splits.items():
            if split != LEARNED_FROM:
                yield from unseen_values(split, its.features, known, spec, unseen)


def content_notes(content: Content, serving: Content | None, spec: FeatureSpec) -> Iterator[str]:
    """Yields what is worth knowing of the files, rows and users, and no fault."""
    for read in filter(None, (content, serving)):
        yield from empty_file_notes(read)
        yield from spreading_notes(read)
        yield from drawn_notes(read)
    yield from label_notes(content, spec.label)
    yield from overlap_notes(content, spec)


def undeclared(content: Content | None, split: str) -> list[str]:
    """The columns of a split's files that the declaration does not name."""
    files = content.files if content else []
    of_split = [file for file in files if file.split == split or (content and (content.by_hash or content.by_time))]
    return sorted({name for file in of_split for name in file.undeclared})
