"""A step's jobs have a name of its own on every runner."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tfx.proto.orchestration import executable_spec_pb2

from widedeep.pipeline.launcher.cluster_jobs import job_name
from widedeep.pipeline.launcher.node_launcher import with_job_name


@given(root=st.text(), pipeline=st.text(), node=st.text())
def test_a_name_is_one_that_every_cluster_takes(root: str, pipeline: str, node: str) -> None:
    """Dataflow's are the narrowest: lower case, digits and dashes, a letter first, no dash last."""
    assert re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", job_name(root, pipeline, node))


def test_no_other_step_pipeline_or_place_has_it() -> None:
    names = [
        job_name("/a", "taxi", "Transform"),
        job_name("/b", "taxi", "Transform"),
        job_name("/a", "taxi", "Evaluator"),
        job_name("/a", "täxi", "Transform"),
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("runner", ["FlinkRunner", "DataflowRunner", "SparkRunner", "PortableRunner"])
def test_whatever_the_runner_the_executor_is_told_the_name(runner: str) -> None:
    spec = executable_spec_pb2.BeamExecutableSpec()
    spec.beam_pipeline_args_placeholders.add().value.string_value = f"--runner={runner}"
    told = [each.value.string_value for each in with_job_name(spec, "mine").beam_pipeline_args_placeholders]
    assert told == [f"--runner={runner}", "--job_name=mine"]
    python = executable_spec_pb2.PythonClassExecutableSpec(class_path="a.Executor")
    assert with_job_name(python, "mine") is python
