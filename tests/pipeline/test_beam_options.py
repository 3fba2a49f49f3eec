import pytest

from components.ingest.files import FORMATS
from pipeline.beam_options import MULTI_PROCESSING_BYTES, beam_args
from pipeline.config import BeamOptions

HUGE = 1 << 50
ENGINE = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


@pytest.mark.parametrize("file_format", FORMATS)
def test_auto_stays_in_this_process_up_to_the_limit_and_takes_a_process_a_core_from_it_on(file_format: str) -> None:
    limit = MULTI_PROCESSING_BYTES[file_format]
    small = beam_args(BeamOptions(), file_format, limit - 1)
    large = beam_args(BeamOptions(), file_format, limit)
    assert small[:3] == [ENGINE, "--direct_running_mode=in_memory", "--direct_num_workers=1"]
    assert large[:3] == [ENGINE, "--direct_running_mode=multi_processing", "--direct_num_workers=0"]


def test_a_chosen_mode_holds_at_any_size() -> None:
    assert "--direct_running_mode=multi_processing" in beam_args(BeamOptions(mode="multi_processing"), "csv", 0)
    assert "--direct_running_mode=in_memory" in beam_args(BeamOptions(mode="in_memory"), "csv", HUGE)


def test_another_runner_gets_the_given_options_alone() -> None:
    given = ("--runner=FlinkRunner", "--flink_master=localhost:8081")
    assert beam_args(BeamOptions(options=given), "csv", HUGE) == list(given)


def test_the_direct_runner_by_name_is_its_engine_and_given_options_come_last() -> None:
    args = beam_args(BeamOptions(options=("--runner=DirectRunner", "--direct_num_workers=3")), "csv", 0)
    assert [option for option in args if option.startswith("--runner")] == [ENGINE]
    assert args[-1] == "--direct_num_workers=3"


def test_a_given_container_image_is_kept() -> None:
    args = beam_args(BeamOptions(options=("--sdk_container_image=mine",)), "csv", 0)
    assert [option for option in args if "container_image" in option] == ["--sdk_container_image=mine"]
