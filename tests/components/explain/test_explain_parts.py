"""Counting, ranges and people's names."""

# ruff: noqa: RUF001 (crosses are written with a multiplication sign)

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.explain import boundaries as graphs
from widedeep.components.explain import counts as counts_module
from widedeep.components.explain.boundaries import range_text
from widedeep.components.explain.counts import IdCounts
from widedeep.components.explain.explanation import WeightExplanation
from widedeep.components.explain.names import Names
from widedeep.components.explain.sources import Occurrences
from widedeep.components.features.spec import FeatureSpec


def feature(key: str, kind: str, transform: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "features": [
            feature("movie", "categorical", {"vocabulary": {}}) | {"wide": True},
            feature("history", "set", {"vocabulary": {"of": "movie"}}),
            feature("zip", "categorical", {"hash": {"buckets": 10}}),
            feature("age", "numeric", {"quantile_cdf": {"quantiles": 4}}),
            feature("dose", "numeric", {"quantile_cdf": {"quantiles": 5}}),
        ],
    }
)


def occurrences(uses: list[tuple[int, int, int]], names: list[bytes]) -> Occurrences:
    rows, which, codes = (np.array(column, np.int64) for column in zip(*uses, strict=True))
    return Occurrences(rows, which, codes[:, None], [names])


def test_a_row_counts_once_whatever_collides_in_it() -> None:
    """Row 0 has "a" and "b" in one bucket; row 2 has another one."""
    counts = IdCounts(2, None)
    counts.add(occurrences([(0, 1, 0), (0, 1, 1), (1, 1, 1), (2, 0, 2)], [b"a", b"b", b"c"]), np.array([1.0, 0.0, 1.0]))
    counts.add(occurrences([(0, 1, 0)], [b"b"]), np.array([1.0]))
    assert counts.support.tolist() == [1, 3]
    assert counts.labels.tolist() == [1.0, 2.0]
    assert counts.values == [{(b"c",): 1}, {(b"a",): 1, (b"b",): 3}]
    assert counts.uses.tolist() == [1, 4]


def test_no_more_than_so_many_values_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too late is counted as a use, and what is known goes on being counted."""
    monkeypatch.setattr(counts_module, "_MOST_VALUES", 2)
    counts = IdCounts(1, None)
    counts.add(occurrences([(row, 0, row) for row in range(4)], [b"a", b"b", b"c", b"d"]), np.zeros(4))
    counts.add(occurrences([(0, 0, 0)], [b"b"]), np.zeros(1))
    assert counts.values == [{(b"a",): 1, (b"b",): 2}]
    assert (counts.support.tolist(), counts.uses.tolist()) == ([5], [5])


def test_ranges_are_written_as_short_as_their_32_bits() -> None:
    limits = np.array([-0.1, 0, 41.88, 1e6], np.float32)
    assert [range_text(limits, bucket) for bucket in range(6)] == [
        "(-∞, -0.1)",
        "[-0.1, 0)",
        "[0, 41.88)",
        "[41.88, 1000000)",
        "[1000000, ∞)",
        "(missing)",
    ]


def test_a_graph_with_other_quantiles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "_search_tables", lambda folder: [np.zeros((1, 3), np.float32)])
    with pytest.raises(WideDeepError) as caught:
        graphs.bucket_boundaries("models/1", SPEC)
    assert str(caught.value) == (
        "models/1: its graph holds 0 tables of 5 quantiles of 1 features, and one is needed: "
        "was it made by another version? Run the pipeline again."
    )


def test_declared_boundaries_need_no_graph() -> None:
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "liked"},
            "features": [feature("pay", "numeric", {"buckets": {"boundaries": [0.1, 2]}}) | {"wide": True}],
        }
    )
    [(key, limits)] = graphs.bucket_boundaries("/nowhere", spec).items()
    assert (key, limits.dtype, limits.tolist()) == ("pay", np.float32, [np.float32(0.1), 2.0])


def explained(**changes: Any) -> WeightExplanation:
    given: dict[str, Any] = {
        "column": "history_x_movie",
        "id": 4,
        "weight": 0.5,
        "label": None,
        "keys": ("history", "movie"),
        "values": ("50", "181"),
        "others": 0,
        "share": 1.0,
        "support": 9,
        "label_mean": 0.5,
    }
    return WeightExplanation(**given | changes)


@pytest.fixture
def movies(tmp_path: Path) -> Path:
    path = tmp_path / "movies.csv"
    path.write_text(
        'year,movie,title\n1977,50,"Star Wars"\n1983,181,Return of the Jedi\nbroken\n', encoding="utf-8-sig"
    )
    path.write_text(
        'movie,title,year\n50,"Star, Wars",1977\n181,Return of the Jedi,1983\nbroken\n', encoding="utf-8-sig"
    )
    return path


@pytest.mark.parametrize("key", ["movie", "history"])
def test_names_hold_for_all_features_of_one_vocabulary(movies: Path, key: str) -> None:
    movies.write_text(movies.read_text(encoding="utf-8-sig").replace("movie,", f"{key},", 1), encoding="utf-8")
    names = Names([f"{key}={movies}"], SPEC)
    assert names.text(explained()) == "history=Star, Wars × movie=Return of the Jedi"
    assert names.text(explained(keys=("zip", "movie"))) == "zip=50 × movie=Return of the Jedi"
    assert names.text(explained(values=("7", "(out of vocabulary)"))) == "history=7 × movie=(out of vocabulary)"


def test_names_may_stand_before_the_values(tmp_path: Path) -> None:
    (tmp_path / "zips.csv").write_text("town,zip\nUr,50\n")
    names = Names([f"zip={tmp_path / 'zips.csv'}"], SPEC)
    assert names.text(explained(keys=("zip",), values=("50",))) == "zip=Ur"


def test_collisions_and_ids_without_values_are_told() -> None:
    names = Names([], SPEC)
    assert names.text(explained(others=1, share=0.756)) == ("history=50 × movie=181 (76 %; the bucket holds 1 other)")
    assert names.text(explained(others=1200, share=0.004)).endswith("(0 %; the bucket holds 1,200 others)")
    assert names.text(explained(values=(), share=None)) == "history × movie, bucket 4 (no row of the data has it)"


def test_a_value_is_short_and_moves_no_cursor() -> None:
    names = Names([], SPEC)
    weight = explained(keys=("zip",), values=("\x1b[2Jä\n" + "x" * 100,))
    assert names.text(weight) == "zip=\ufffd[2Jä\ufffd" + "x" * 53 + "…"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("movie", "--names movie: a feature and a file are needed, as movie_id=movies.csv."),
        ("movei={}", "--names movei: there is no such feature: did you mean 'movie'?"),
        ("age={}", "--names age: is a number, and numbers are named by their ranges."),
        ("zip={}", "{}: its header must name the column 'zip' and one of names, and is 'movie,title,year'."),
        ("movie={}.gz", "{}.gz: can't be read as CSV: [Errno 2] No such file or directory: '{}.gz'."),
    ],
)
def test_names_that_can_not_be_used_are_refused(movies: Path, given: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Names([given.format(movies)], SPEC)
    assert str(caught.value) == message.format(movies, movies)


def test_a_name_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_bytes(b"movie,title\n1,\xff\n")
    with pytest.raises(ConfigError, match=r"names\.csv: can't be read as CSV: 'utf-8' codec can't decode"):
        Names([f"movie={tmp_path / 'names.csv'}"], SPEC)
