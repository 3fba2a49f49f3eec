"""What is said of rows that can't tell how good a model is."""

from __future__ import annotations

import pytest

from widedeep.components.evaluator.checks.rows import too_few, unusable
from widedeep.components.evaluator.measurement import Measurement, Part, Support, Supports


def part(rows: float = 1000, weighted: int = 1000, groups: float = 50.0, rarer: Support | None = None) -> Part:
    every = Support(rows=weighted, count=float(weighted), groups=groups)
    return Part(rows, supports=Supports(every=every, rarer=rarer))


def positives(rows: int, groups: float, side: str = "label 1") -> Support:
    return Support(rows=rows, count=float(rows), groups=groups, side=side)


@pytest.mark.parametrize(
    ("measurement", "said"),
    [
        (Measurement(part(), {}), None),
        (Measurement(Part(0), {}), "'test' has no rows"),
        (
            Measurement(part(weighted=0, groups=0.0), {}),
            "all 1,000 rows of 'test' have weight 0: on such rows it can't be measured how good a model is",
        ),
        (
            Measurement(part(), {}, label=0.0),
            "all 1,000 rows of 'test' have the label 0: on such rows it can't be measured how good a model is",
        ),
        (
            Measurement(part(weighted=7), {}, label=3.5),
            "all 7 rows of 'test' with a weight above 0 have the label 3.5: on such rows it can't be measured how "
            "good a model is",
        ),
    ],
)
def test_rows_that_tell_nothing_are_named(measurement, said) -> None:
    assert unusable(measurement, "test") == said


@pytest.mark.parametrize(
    ("whole", "group_by", "said"),
    [
        (part(rarer=positives(900, 5.0)), None, None),
        (Part(1000), None, None),
        (
            part(rarer=positives(2, 2.0)),
            None,
            "only 2 of the 1,000 rows of 'test' have label 1: too few to tell how good a model is, which takes 5 "
            "or more",
        ),
        (
            part(rarer=positives(1, 1.0, "a label other than 3")),
            None,
            "only 1 of the 1,000 rows of 'test' have a label other than 3: too few to tell how good a model is, which "
            "takes 5 or more",
        ),
        (
            part(rows=3, weighted=3, groups=3.0),
            None,
            "'test' has only 3 rows: too few to tell how good a model is, which takes 5 or more",
        ),
        (
            part(rarer=positives(40, 3.25)),
            None,
            "the 40 of the 1,000 rows of 'test' that have label 1 tell no more than 3.2 independent ones would: too "
            "few to tell how good a model is, which takes 5 or more",
        ),
        (
            part(groups=3.0),
            "user",
            "the 1,000 rows of 'test' tell no more than 3 independent ones would (those of one 'user' count as one): "
            "too few to tell how good a model is, which takes 5 or more",
        ),
    ],
)
def test_too_few_rows_are_counted(whole, group_by, said) -> None:
    assert too_few(whole, "test", group_by) == said
