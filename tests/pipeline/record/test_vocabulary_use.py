"""The shares of values without an id of their own, by hand."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import tensorflow_transform as tft
from content_scene import content

from widedeep.components.content.content_record import CONTENT
from widedeep.components.features import FeatureSpec
from widedeep.pipeline.record.feature_profile import FeatureProfile
from widedeep.pipeline.record.vocabulary_use import with_vocabulary_use

SIDE: dict[str, Any] = {"side": "context", "wide": True}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "features": [
            {"key": "movie", "kind": "categorical", **SIDE, "transform": {"vocabulary": {"min_count": 2}}},
            {"key": "seen", "kind": "set", **SIDE, "transform": {"vocabulary": {"of": "movie"}}},
            {"key": "zip", "kind": "categorical", **SIDE, "transform": {"hash": {"buckets": 9}}},
            {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
        ],
    }
)
TRAIN = {
    "movie": ["a", "a", "b", "b", "c"],
    "seen": ["a|b", "x", "", "", ""],
    "zip": ["1", "2", "3", "4", None],
    "age": [1.0] * 5,
    "label": [0, 1, 0, 1, 0],
}
TEST = {
    "movie": ["a", "c", "d", "d"],
    "seen": ["c|x", "", "", ""],
    "zip": [None] * 4,
    "age": [1.0] * 4,
    "label": [0, 1, 0, 1],
}


def test_shares_by_feature_and_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content(SPEC, {"train": TRAIN, "test": TEST}).write(tmp_path / CONTENT)
    # c occurs once.
    monkeypatch.setattr(tft, "TFTransformOutput", lambda _: Learned())
    profiles = [FeatureProfile(feature=feature.key, kind=feature.kind, present_share=1.0) for feature in SPEC.features]
    movie, seen, hashed, age = with_vocabulary_use(profiles, str(tmp_path), "graph", SPEC)
    assert movie.out_of_vocabulary == {"train": 1 / 5, "test": 3 / 4}
    assert movie.unseen == {"test": 2 / 4}
    # By the films' vocabulary: of a, b, x one is not in it; c and x are not, of which train had c as a film.
    assert seen.out_of_vocabulary == {"train": 1 / 3, "test": 1.0}
    assert seen.unseen == {"test": 1 / 2}
    # No row of test has a value.
    assert (hashed.out_of_vocabulary, hashed.unseen) == (None, {})
    assert (age.out_of_vocabulary, age.unseen) == (None, None)


class Learned:
    def vocabulary_by_name(self, name: str) -> list[bytes]:
        assert name == "movie_vocabulary"
        # As the file has them.
        return [base64.urlsafe_b64encode(word) for word in [b"a", b"b"]]
