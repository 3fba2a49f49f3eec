"""What a cached result depends on: options by which workers get their code, and no other of Beam's."""

from __future__ import annotations

import pytest
from tfx.proto.orchestration import executable_spec_pb2

from widedeep.pipeline.launcher.cache_key import cache_key_spec

FLINK = ("--runner=FlinkRunner", "--environment_type=EXTERNAL", "--environment_config=localhost:50000")
IMAGE = ("--runner=FlinkRunner", "--environment_type=DOCKER", "--environment_config=registry/widedeep:1")


def key(*options: str, executor: str = "a.Executor") -> bytes:
    spec = executable_spec_pb2.BeamExecutableSpec()
    spec.python_executor_spec.class_path = executor
    spec.beam_pipeline_args.extend(options)
    for option in options:
        spec.beam_pipeline_args_placeholders.add().value.string_value = option
    return bytes(cache_key_spec(spec).SerializeToString(deterministic=True))


@pytest.mark.parametrize(
    "other",
    [
        ("--direct_running_mode=multi_processing", "--direct_num_workers=0", "--sdk_container_image=none"),
        (*FLINK, "--parallelism=4"),
        (*FLINK[:2], "--environment_config=elsewhere:50001"),
        ("--runner=PortableRunner", "--job_endpoint=localhost:8073", *FLINK[1:]),
        ("--runner=SparkRunner", "--storage_level=MEMORY_ONLY"),
    ],
)
def test_where_and_how_wide_beam_runs_leaves_the_key_as_it_is(other: tuple[str, ...]) -> None:
    assert key(*other) == key()


@pytest.mark.parametrize(
    "option",
    [
        "--sdk_container_image=registry/widedeep:2",
        "--setup_file=./setup.py",
        "--requirements_file=requirements.txt",
        "--extra_package=mine.tar.gz",
        "--environment_options=docker_container_image=registry/widedeep:2",
    ],
)
def test_other_code_is_another_key(option: str) -> None:
    assert key(*FLINK, option) != key(*FLINK)
    assert key(*FLINK, option, "--parallelism=4") == key(*FLINK, option)


def test_an_image_of_the_environment_is_code_and_an_address_is_none() -> None:
    assert key(*IMAGE[:2], "--environment_config=registry/widedeep:2") != key(*IMAGE)
    assert key(*IMAGE) != key(*FLINK)


def test_another_executor_is_another_key() -> None:
    assert key(*FLINK, executor="another.Executor") != key(*FLINK)
    python = executable_spec_pb2.PythonClassExecutableSpec(class_path="a.Executor")
    assert cache_key_spec(python) is python
    assert cache_key_spec(None) is None
