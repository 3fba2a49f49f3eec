"""What so many rows tell of an effect: the posterior mean's distribution, and what it leaves of a ranking."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.harness.figures import Figure
from benchmarks.pipelines.learnable import estimated, main
from benchmarks.pipelines.tables import learnable


def test_an_estimate_has_the_share_of_the_variance_that_the_rows_tell() -> None:
    random = np.random.default_rng(0)
    true = 0.5 * random.standard_normal(200_000)
    made = estimated(true, np.full(true.shape, 30.0), 0.1, 0.25, random)
    # 30 rows of information 0.1 of a variance of 0.25 tell 0.75 / 1.75 of it.
    share = 0.75 / 1.75
    assert np.var(made) == pytest.approx(share * 0.25, rel=0.02)
    # A posterior mean: the truth is on average what was estimated.
    assert np.cov(true, made)[0, 1] == pytest.approx(np.var(made), rel=0.02)
    assert np.array_equal(estimated(true, np.zeros(true.shape), 0.1, 0.25, random), np.zeros(true.shape))


def test_more_rows_tell_more_and_never_all() -> None:
    done = CliRunner().invoke(main, ["--rows", "40000"], catch_exceptions=False)
    [figure] = json.loads(done.stdout)
    shares = list(figure["details"]["rows"].values())
    assert list(figure["details"]["rows"]) == ["4,000", "12,000", "40,000", "120,000", "400,000"]
    assert shares == sorted(shares)
    assert shares[0] < 0.3 < 0.6 < shares[-1] < 1


def test_the_table_has_a_column_for_each_number_of_rows() -> None:
    figure = Figure("appstore_learnable_share", 0.5, "", None, "", {"rows": {"100": 0.254, "1,000": 0.5}})
    [table] = learnable([figure])
    assert table.splitlines()[0] == "| rows of eight days | 100 | 1,000 |"
    assert table.splitlines()[2] == "| share | 25% | 50% |"
