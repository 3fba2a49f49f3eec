"""Tensors put together and taken apart again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from widedeep.serving.standin.batching import merging
from widedeep.serving.standin.errors import ServingError


@given(some.lists(some.integers(1, 4), min_size=1, max_size=5))
def test_taking_apart_undoes_putting_together(sizes):
    numbers = iter(range(1000))
    tasks = [
        {
            "a": np.array([next(numbers) for _ in range(size)]),
            "b": np.array([[b"x" * next(numbers)] for _ in range(size)], object),
        }
        for size in sizes
    ]
    parts = merging.split(merging.merge(tasks), [merging.rows(task) for task in tasks])
    for task, part in zip(tasks, parts, strict=True):
        assert {name: array.tolist() for name, array in part.items()} == {
            name: array.tolist() for name, array in task.items()
        }


def test_the_shorter_one_is_padded_with_its_first_element_as_in_tf_serving():
    merged = merging.merge([{"a": np.array([[[1, 2], [3, 4]]])}, {"a": np.array([[[5]], [[6]]])}])
    assert merged["a"].tolist() == [[[1, 2], [3, 4]], [[5, 5], [5, 5]], [[6, 5], [5, 5]]]
    words = merging.merge([{"a": np.array([[b"x"]], object)}, {"a": np.array([[b"y", b"z"]], object)}])
    assert words["a"].tolist() == [[b"x", b"x"], [b"y", b"z"]]


def test_nothing_can_be_padded_with():
    with pytest.raises(ServingError, match=r"Got empty tensor in batch of non-empty tensors\."):
        merging.merge([{"a": np.zeros([1, 0])}, {"a": np.zeros([1, 2])}])


@pytest.mark.parametrize(
    ("feeds", "text"),
    [
        ({}, "Batching Run() must have at least one input tensor"),
        ({"a": np.array(1)}, "Batching Run() input tensors must have at least one dimension"),
        ({"a": np.zeros(1), "b": np.zeros(2)}, "Batching Run() input tensors must have equal 0th-dimension size"),
    ],
)
def test_what_has_no_rows_in_common(feeds, text):
    with pytest.raises(ServingError) as caught:
        merging.rows(feeds)
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", text)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (np.array(1.0), "Batched output tensor has 0 dimensions"),
        (
            np.zeros(3),
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input"
            " tensors",
        ),
    ],
)
def test_an_output_that_is_not_of_the_rows(output, text):
    with pytest.raises(ServingError) as caught:
        merging.split({"a": output}, [1, 1])
    assert (caught.value.code.name, caught.value.message) == ("FAILED_PRECONDITION", text)


def test_what_can_be_put_together():
    def alike(first, second, padded):
        return merging.likeness({"a": first}, padded=padded) == merging.likeness({"a": second}, padded=padded)

    assert alike(np.zeros([1, 2]), np.zeros([5, 2]), False)
    assert not alike(np.zeros([1, 2]), np.zeros([1, 3]), False)
    assert alike(np.zeros([1, 2]), np.zeros([1, 3]), True)
    assert not alike(np.zeros([1, 2]), np.zeros([1]), True)
    assert not alike(np.zeros(1, np.float32), np.zeros(1, np.float64), True)
    assert not alike(np.zeros(1), np.zeros(1, object), False)
