"""BatchingParameters as TF Serving's text-proto file gives them."""

from __future__ import annotations

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.serving.standin.batching.parameters import Parameters, read


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "batching.txt").write_text(text)
        return tmp_path / "batching.txt"

    return write


def test_a_file_as_tf_servings_documentation_has_it(written):
    file = written(
        "max_batch_size { value: 128 }\nbatch_timeout_micros { value: 0 }\nmax_enqueued_batches { value: 1000000 }\n"
        "num_batch_threads { value: 8 }  # a comment\npad_variable_length_inputs: true\n"
    )
    assert read(file) == Parameters(128, 0, 1_000_000, 8, pad_variable_length_inputs=True)


def test_what_is_left_out_is_as_in_tf_serving(written):
    read_back = read(written(""))
    assert (read_back.max_batch_size, read_back.batch_timeout_micros, read_back.max_enqueued_batches) == (1000, 0, 10)
    assert not read_back.pad_variable_length_inputs


def test_large_requests_are_cut_up_where_that_is_asked_for(written):
    """Without it the size of an execution is not heeded, as in TF Serving's bundle_factory_util.cc."""
    sizes = "max_batch_size { value: 8 } max_execution_batch_size { value: 4 } "
    split = "enable_large_batch_splitting { value: %s }"
    assert read(written(sizes + split % "true")).rows == 4
    assert read(written(sizes + split % "false")).rows == 8
    assert read(written(sizes)).rows == 8
    assert read(written("max_batch_size { value: 8 } " + split % "true")).rows == 8


def test_what_only_tunes_tf_serving_is_taken_and_said_to_do_nothing(written, caplog):
    file = written(
        'max_batch_size { value: 4 } allowed_batch_sizes: 2 allowed_batch_sizes: 4 thread_pool_name { value: "b" }'
    )
    assert read(file).max_batch_size == 4
    assert caplog.messages == [
        f"{file}: {name} has no effect here" for name in ("thread_pool_name", "allowed_batch_sizes")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 0 }", "{file}: max_batch_size is 0; it must be at least 1."),
        ("batch_timeout_micros { value: -1 }", "{file}: batch_timeout_micros is -1; it must be at least 0."),
        (
            "max_batch_size { value: 8 } enable_large_batch_splitting { value: true } "
            "max_execution_batch_size { value: 9 }",
            "{file}: max_execution_batch_size is 9; it may be at most max_batch_size, 8.",
        ),
    ],
)
def test_values_that_do_not_work(written, text, message):
    file = written(text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert str(caught.value) == message.format(file=file)


@pytest.mark.parametrize("text", ["max_batch: 1", "max_batch_size: 128", "\0"])
def test_what_is_no_such_text_proto(written, text):
    file = written(text)
    with pytest.raises(ConfigError, match=f"^{file} is not a text-proto of TF Serving's BatchingParameters: "):
        read(file)
