import math
import os

import pytest
from pydantic import ValidationError

from widedeep.components.ingest.raw_files import FORMATS
from widedeep.pipeline.definition.beam_options import BeamOptions, beam_args, multi_processing_bytes

HUGE = 1 << 50
FLINK = (
    "--runner=FlinkRunner",
    "--flink_master=http://flink:8081",
    "--environment_type=EXTERNAL",
    "--environment_config=localhost:50000",
)
SPARK = ("--runner=SparkRunner", "--spark_master_url=spark://spark:7077", *FLINK[2:])
DATAFLOW = (
    "--runner=DataflowRunner",
    "--project=shop",
    "--region=europe-west1",
    "--temp_location=gs://shop/tmp",
    "--sdk_container_image=registry/widedeep-tfx:0.1.0",
)
ENGINE = "--runner=widedeep.components.common.process.direct_engine.DirectEngine"


@pytest.mark.parametrize("file_format", FORMATS)
def test_auto_stays_in_this_process_up_to_the_limit_and_takes_a_process_a_core_from_it_on(
    file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    limit = math.ceil(multi_processing_bytes(file_format, 4))
    small = beam_args(BeamOptions(), file_format, limit - 1)
    large = beam_args(BeamOptions(), file_format, limit)
    assert small[:3] == [ENGINE, "--direct_running_mode=in_memory", "--direct_num_workers=1"]
    assert large[:3] == [ENGINE, "--direct_running_mode=multi_processing", "--direct_num_workers=0"]


def test_the_more_cores_the_smaller_an_input_may_be_for_which_processes_pay() -> None:
    limits = [multi_processing_bytes("csv", cores) for cores in (1, 2, 3, 4, 8, 64)]
    assert limits[0] == math.inf
    assert limits == sorted(limits, reverse=True)
    # Of one core they cost, as they do of a query, whose size nobody knows beforehand.
    assert multi_processing_bytes("sql", 64) == math.inf
    # Where n rows take as long in both: 87 n = 98 n / cores + 15 s, in microseconds; one is 21 bytes.
    for cores in (2, 4, 16):
        rows = 15e6 / (87 - 98 / cores)
        assert multi_processing_bytes("parquet", cores) == pytest.approx(rows * 21, rel=0.02)


def test_a_chosen_mode_holds_at_any_size() -> None:
    assert "--direct_running_mode=multi_processing" in beam_args(BeamOptions(mode="multi_processing"), "csv", 0)
    assert "--direct_running_mode=in_memory" in beam_args(BeamOptions(mode="in_memory"), "csv", HUGE)


def test_another_runner_gets_the_given_options_alone() -> None:
    assert beam_args(BeamOptions(options=DATAFLOW), "csv", HUGE) == list(DATAFLOW)


def test_nothing_is_packed_for_a_pool_that_runs_already() -> None:
    assert beam_args(BeamOptions(options=FLINK), "csv", HUGE) == ["--sdk_container_image=none", *FLINK]
    mine = (*FLINK, "--sdk_container_image=mine")
    assert beam_args(BeamOptions(options=mine), "csv", HUGE) == list(mine)
    elsewhere = (
        "--runner=FlinkRunner",
        "--flink_master=http://flink:8081",
        "--environment_type=DOCKER",
        "--environment_config=image",
    )
    assert beam_args(BeamOptions(options=elsewhere), "csv", HUGE) == list(elsewhere)


def test_the_direct_runner_by_name_is_its_engine_and_given_options_come_last() -> None:
    args = beam_args(BeamOptions(options=("--runner=DirectRunner", "--direct_num_workers=3")), "csv", 0)
    assert [option for option in args if option.startswith("--runner")] == [ENGINE]
    assert args[-1] == "--direct_num_workers=3"


def test_a_given_container_image_is_kept() -> None:
    args = beam_args(BeamOptions(options=("--sdk_container_image=mine",)), "csv", 0)
    assert [option for option in args if "container_image" in option] == ["--sdk_container_image=mine"]


@pytest.mark.parametrize("options", [FLINK, SPARK, DATAFLOW])
def test_a_runner_takes_what_it_needs_and_names_each_of_them_that_is_missing(options: tuple[str, ...]) -> None:
    assert BeamOptions(options=options).runner == options[0].partition("=")[2]
    for left_out in options[1:]:
        said = refused(*(option for option in options if option != left_out))
        assert f"{options[0].partition('=')[2]} needs {left_out.partition('=')[0]}=" in said
    said = refused(options[0])
    for needed in options[1:]:
        assert f"{needed.partition('=')[0]}=" in said


def test_a_value_that_is_empty_is_missing() -> None:
    assert "FlinkRunner needs --flink_master=http://HOST:8081" in refused(*FLINK, "--flink_master=")


@pytest.mark.parametrize("master", ["flink_master=[auto]", "flink_master=[local]", "spark_master_url=local[4]"])
def test_a_master_in_this_process_needs_no_place_for_the_code(master: str) -> None:
    runner = "FlinkRunner" if "flink" in master else "SparkRunner"
    assert BeamOptions(options=(f"--runner={runner}", f"--{master}")).runner == runner


def test_spark_by_its_rest_address() -> None:
    said = refused("--runner=SparkRunner", "--spark_submit_uber_jar", *FLINK[2:])
    assert "SparkRunner needs --spark_rest_url=http://HOST:6066" in said
    assert "spark_master_url" not in said


def test_the_place_of_the_code_may_be_given_by_its_options() -> None:
    settled = "--environment_options=external_service_address=pool:50000"
    assert BeamOptions(options=(*FLINK[:3], settled)).runner == "FlinkRunner"


def test_the_example_of_a_place_is_that_places() -> None:
    said = refused(*FLINK[:2], "--environment_type=PROCESS")
    assert """FlinkRunner needs --environment_config={"command": "COMMAND"}""" in said
    assert BeamOptions(options=(*FLINK[:2], "--environment_type=LOOPBACK")).runner == "FlinkRunner"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--runner=FlinkRuner",), "there is no runner 'FlinkRuner': did you mean 'FlinkRunner'?"),
        (("--runner", "FlinkRunner"), "'FlinkRunner' is no option of Beam: write --name=value, or --name alone"),
        (("-runner=FlinkRunner",), "'-runner=FlinkRunner' is no option of Beam"),
        ((*FLINK, "--job_name=mine"), "--job_name is taken: by its own name a step finds the jobs that it must end"),
        ((*FLINK[:2], "--environment_type=DOKER"), "there is no environment_type 'DOKER': did you mean 'DOCKER'?"),
    ],
)
def test_what_is_no_option_runner_or_place_is_named(options: tuple[str, ...], said: str) -> None:
    assert said in refused(*options)


def test_a_mode_is_the_direct_runners_alone() -> None:
    said = refused(*FLINK, mode="in_memory")
    assert "mode is in_memory, which is the DirectRunner's, but the options say --runner=FlinkRunner" in said


def refused(*options: str, mode: str = "auto") -> str:
    with pytest.raises(ValidationError) as caught:
        BeamOptions.model_validate({"mode": mode, "options": options})
    return str(caught.value)
