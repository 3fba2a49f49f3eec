"""Which values of a label are 1."""

from __future__ import annotations

import numpy as np
import pytest

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.drafting.rules.label import LabelRule, label_rule


def rule(counts: dict[str, int], numeric: bool = True, whole: bool = True) -> LabelRule:
    return label_rule("y", counts, numeric, whole, missing=0)


def test_zero_and_one_need_no_rule():
    assert rule({"0": 75, "1": 25}) == LabelRule("binary", "0 or 1; 25.0% are 1")


@pytest.mark.parametrize(
    ("counts", "positive"),
    [
        ({"yes": 1, "no": 3}, "yes"),
        ({"No": 3, "Yes": 9}, "Yes"),
        ({"true": 1, "false": 3}, "true"),
        ({"T": 1, "F": 3}, "T"),
        ({" Y": 1, " N": 3}, " Y"),
        # No words for yes and no: what is rarer.
        ({" <=50K": 76, " >50K": 24}, " >50K"),
    ],
)
def test_two_texts(counts: dict[str, int], positive: str):
    assert rule(counts, numeric=False).positive == (positive,)


@pytest.mark.parametrize(
    ("counts", "above"),
    [
        ({"-1": 3, "1": 1}, -1.0),
        ({"1": 3, "2": 1}, 1.0),
        # Clicks: more than none.
        ({"0": 90, "1": 8, "2": 1, "7": 1}, 0.0),
        # Grades: above 3 are 35 + 20 = 55 of 100, above 2 are 82, above 4 are 20.
        ({"1": 6, "2": 12, "3": 27, "4": 35, "5": 20}, 3.0),
        # How often, of those that did: more than the least.
        ({str(times): 30 // times for times in range(1, 30)}, 1.0),
    ],
)
def test_numbers_have_a_limit(counts: dict[str, int], above: float):
    decided = rule(counts)
    assert (decided.kind, decided.above) == ("binary", above)


def test_a_number_that_is_no_count_is_predicted_itself():
    assert rule({"0.5": 1, "1.5": 1, "2.5": 1}, whole=False).kind == "regression"
    assert label_rule("y", None, numeric=True, whole=True, missing=0).kind == "regression"


def test_a_count_of_many_values():
    # A quarter of the rows has the least one; of a price hardly any row has.
    assert label_rule("y", None, True, True, 0, least=(1.0, 0.25)).above == 1.0
    assert label_rule("y", None, True, True, 0, least=(100.0, 0.001)).kind == "regression"


def test_the_rule_is_applied():
    values = np.array([0.0, 1.0, 3.0])
    assert LabelRule("binary", "", above=1.0).numbers(["0", "1", "3"], values).tolist() == [0, 0, 1]
    assert LabelRule("binary", "", ("b",)).numbers(["a", "b", "b"], np.zeros(3)).tolist() == [0, 1, 1]
    assert LabelRule("binary", "").numbers(["0", "1", "3"], values).tolist() == [0, 1, 3]


def test_more_texts_than_two_need_a_word():
    with pytest.raises(
        ConfigError, match=r"the label 'y' has 3 texts: 'seen', 'click', 'buy'. Say which are 1: --positive VALUE"
    ):
        rule({"click": 3, "buy": 1, "seen": 9}, numeric=False)
    assert label_rule("y", {"click": 3, "buy": 1, "seen": 9}, False, True, 0, ("click", "buy")).positive == (
        "click",
        "buy",
    )
    with pytest.raises(ConfigError, match=r"--positive klick: the label has no such value: did you mean 'click'\?"):
        label_rule("y", {"click": 3, "seen": 9}, False, True, 0, ("klick",))


def test_rows_without_a_label_and_equal_labels_are_told():
    with pytest.raises(DataError, match=r"the label 'y' has no value in 1,200 rows, .* leave these rows out"):
        label_rule("y", {"0": 1, "1": 1}, True, True, missing=1200)
    with pytest.raises(DataError, match=r"the label 'y' is '1' in every row"):
        rule({"1": 5})
