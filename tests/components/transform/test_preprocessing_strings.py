"""Vocabularies, hashes and crosses of the whole preprocessing function, against a plain Python reference."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Callable

import farmhash
import pytest
import tensorflow as tf
from preprocessing_scene import SPEC, given

from widedeep.components.transform.crosses import cross_ids

# TFT divides 0 by 0 where a column has no value in a part of the rows, and takes the NaN out again afterwards.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


def ids_in(vocabulary: list[str], oov: int) -> Callable[[str], int]:
    def id_of(word: str) -> int:
        if word in vocabulary:
            return vocabulary.index(word)
        # The graph looks values up by their base64.
        encoded = base64.urlsafe_b64encode(word.encode()).rstrip(b"=").decode()
        return len(vocabulary) + farmhash.fingerprint64(encoded) % oov

    return id_of


@pytest.mark.parametrize(
    ("key", "owner", "min_count", "oov"), [("city", "city", 3, 4), ("home", "city", 3, 4), ("tags", "tags", 1, 1)]
)
def test_vocabulary_ids(transformed, key, owner, min_count, oov):
    counts = Counter(word for words in given(transformed.rows, owner) for word in words)
    vocabulary = transformed.vocabulary(owner)
    assert set(vocabulary) == {word for word, count in counts.items() if count >= min_count}
    assert [counts[word] for word in vocabulary] == sorted((counts[word] for word in vocabulary), reverse=True)
    id_of = ids_in(vocabulary, oov)
    assert transformed.columns[f"{key}_id"] == [
        sorted({id_of(word) for word in words}) for words in given(transformed.rows, key)
    ]


def test_rare_strings_share_the_oov_buckets(transformed):
    counts = Counter(word for words in given(transformed.rows, "city") for word in words)
    rare = {word for word, count in counts.items() if count < 3}
    assert rare
    size = len(transformed.vocabulary("city"))
    rows = zip(given(transformed.rows, "city"), transformed.columns["city_id"], strict=True)
    rare_ids = {ids[0] for words, ids in rows if set(words) & rare}
    assert rare_ids <= set(range(size, size + 4))


def test_the_most_frequent_strings_only(transformed):
    assert transformed.vocabulary("top") == ["a", "b"]
    assert transformed.columns["top_id"] == [[0]] * 60 + [[1]] * 40 + [[2]] * 20


@pytest.mark.parametrize(("key", "buckets"), [("zip", 50), ("words", 3)])
def test_hash_buckets(transformed, key, buckets):
    assert transformed.columns[f"{key}_id"] == [
        sorted({farmhash.fingerprint64(word) % buckets for word in words}) for words in given(transformed.rows, key)
    ]


def crossed(rows: list[list[list[str]]], buckets: int) -> list[list[int]]:
    """Each combination alone, through the cross that test_crosses.py proves."""
    sets = []
    for row in rows:
        ids = set()
        for combination in itertools.product(*row):
            members = [tf.SparseTensor([[0, 0]], [value], [1, 1]) for value in combination]
            ids.add(int(cross_ids(members, buckets).values.numpy()[0]))
        sets.append(sorted(ids))
    return sets


def test_crosses_are_of_raw_strings_and_of_buckets(transformed):
    rows, columns = transformed.rows, transformed.columns
    strings = {key: given(rows, key) for key in ("city", "tags", "words", "only", "zip")}
    strings["pay"] = [[str(ids[0])] if ids != [4] else [] for ids in columns["pay_id"]]
    strings["age"] = [[str(ids[0])] if ids != [4] else [] for ids in columns["age_id"]]
    for declared in SPEC.crosses:
        members = [list(row) for row in zip(*(strings[key] for key in declared.keys), strict=True)]
        assert columns[declared.name] == crossed(members, declared.buckets)
    assert any(len(ids) > 3 for ids in columns["tags_x_words_x_only"])
