"""What the gate tells of values that the label's rule lists and no row has."""

from __future__ import annotations

from typing import Any

import pytest

from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.features import FeatureSpec
from widedeep.components.gate.label_gaps import label_findings


def told(rule: dict[str, Any], labels: dict[str, dict[str, int]], by_hash: bool = False) -> list[tuple[str, str]]:
    """What becomes of each finding, and its words; `labels` has what the files of each split hold."""
    feature = {"key": "user", "kind": "categorical", "side": "context", "wide": True, "transform": {"vocabulary": {}}}
    spec = FeatureSpec.model_validate({"label": {"key": "taken", **rule}, "features": [feature]})
    files = [
        FileContent(path=f"{split}.csv", split=split, rows=sum(words.values()), present={}, undeclared=[], labels=words)
        for split, words in labels.items()
    ]
    content = Content(by_hash=by_hash, splits={}, files=files)
    return [(finding.weight("stop"), str(finding)) for finding in label_findings(content, spec)]


def test_every_value_is_there() -> None:
    words = {"yes": 3, "no": 9, "si": 1, "later": 2}
    assert told({"positive": ["yes", "si"]}, {"train": words, "test": {"no": 9}}) == []
    assert told({"positive": ["yes"], "negative": ["no"]}, {"train": words}) == []
    assert told({"above": 0}, {"train": {}}) == []
    assert told({}, {"train": {}}) == []


@pytest.mark.parametrize(("split", "by_hash"), [("train", False), ("all", True)])
def test_a_misspelt_one_is_a_warning(split: str, by_hash: bool) -> None:
    found = told({"positive": ["clicked", "bougth"]}, {split: {"clicked": 40, "bought": 1200, "seen": 9}}, by_hash)
    assert found == [
        (
            "warn",
            f"split '{split}', feature 'taken': no row has 'bougth', which features.yaml lists as `positive` (is "
            "'bought' meant, which is 0 in 1,200 rows?)",
        )
    ]


def test_a_rare_one_is_a_note() -> None:
    rule = {"positive": ["clicked", "given"], "negative": ["seen", "hidden"]}
    assert told(rule, {"train": {"clicked": 40, "seen": 9}}) == [
        ("note", "split 'train', feature 'taken': no row has 'given', which features.yaml lists as `positive`"),
        ("note", "split 'train', feature 'taken': no row has 'hidden', which features.yaml lists as `negative`"),
    ]


def test_rows_of_which_none_is_1_stop_the_run() -> None:
    found = told({"positive": ["yes"]}, {"train": {"nein": 1200, "ja": 400}, "test": {"yes": 5}})
    assert found == [
        (
            "stop",
            "split 'train', feature 'taken': no row has 'yes', which features.yaml lists as `positive`; 0 are 'nein' "
            "in 1,200 rows, 'ja' in 400 rows",
        )
    ]
