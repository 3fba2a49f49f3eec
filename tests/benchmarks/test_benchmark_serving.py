"""What the serving benchmark makes of its numbers: percentiles, parts, ratios, saturation, swaps, and the drawing."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.serving import cpu, latency, parts, plot, suite
from benchmarks.serving import swap as swap
from benchmarks.serving import throughput as throughput
from benchmarks.serving.latency import Table
from benchmarks.serving.servers import models
from benchmarks.serving.servers.processes import Served, Worker, cpu_seconds
from benchmarks.serving.throughput import Step
from benchmarks.serving.traffic.load import load
from benchmarks.serving.traffic.rows import joined, requests
from widedeep.components import features
from widedeep.components.common.errors import WideDeepError
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.serving.client.ranking import RankedCandidate, Ranking
from widedeep.serving.standin.batching.parameters import Parameters, read


def _rows() -> list[dict[str, object]]:
    spec = features.load(models.FEATURES)
    seen = [("ann", "7"), ("bob", "8"), ("ann", "9"), ("cy", "8"), ("bob", "5"), ("ann", "7"), ("cy", "8")]
    blank = dict.fromkeys(feature.key for feature in spec.features)
    return [
        blank | {"user_id": user, "movie_id": movie, "genres": [f"of-{movie}"], "hour": str(hour), "label": 1}
        for hour, (user, movie) in enumerate(seen)
    ]


def test_a_request_is_a_real_user_at_its_last_moment_and_its_own_movies_before_those_of_others() -> None:
    spec = features.load(models.FEATURES)
    ann, *others = requests(_rows(), spec, 3)
    assert (ann.user["user_id"], ann.user["hour"]) == ("ann", "5")
    # 8 was rated three times, 7 twice.
    assert [movie["movie_id"] for movie in ann.candidates] == ["7", "9", "8"]
    assert [(one.user["user_id"], [movie["movie_id"] for movie in one.candidates]) for one in others] == [
        ("bob", ["8", "5", "7"]),
        ("cy", ["8", "7", "9"]),
    ]
    sides = {feature.key: feature.side for feature in spec.features}
    assert {sides[key] for key in ann.user} == {"context"}
    assert {sides[key] for key in ann.candidates[0]} == {"candidate"}
    whole = list(joined(ann))
    assert [(row["hour"], row["genres"]) for row in whole] == [("5", ["of-7"]), ("5", ["of-9"]), ("5", ["of-8"])]
    assert all(row.keys() == sides.keys() for row in whole)


def test_models_differ_in_what_is_compared_alone() -> None:
    base = TrainingOptions(seed=4, epochs=9)
    made = {model: models.options(base, model) for model in models.MODELS}
    assert [(one.seed, one.deep.hidden, one.epochs) for one in made.values()] == [
        (4, base.deep.hidden, 1),
        (5, base.deep.hidden, 1),
        (4, (1024, 512, 256), 1),
    ]
    assert all(one.wide == base.wide for one in made.values())


def test_a_cut_of_the_data_has_the_first_rows_of_each_split(tmp_path: Path) -> None:
    import pyarrow as pa

    for split in ("train", "eval", "test"):
        (tmp_path / "data" / split).mkdir(parents=True)
        pq.write_table(pa.table({"row": range(10)}), tmp_path / "data" / split / "data.parquet")
    assert suite.cut(tmp_path / "data", tmp_path / "cut", None) == tmp_path / "data"
    made = suite.cut(tmp_path / "data", tmp_path / "cut", 3)
    assert [pq.read_table(made / split)["row"].to_pylist() for split in ("train", "eval", "test")] == [[0, 1, 2]] * 3


def test_cpu_time_is_that_of_user_and_system_whatever_the_program_is_called() -> None:
    stat = "7 (a (b) c) S " + " ".join(str(number) for number in range(4, 53))
    # Fields 14 and 15, in ticks.
    assert cpu_seconds(stat) == pytest.approx((14 + 15) / os.sysconf("SC_CLK_TCK"))
    assert cpu_seconds(Path("/proc/self/stat").read_text()) == pytest.approx(sum(os.times()[:2]), abs=0.1)


def test_a_server_and_a_client_that_fail_are_told_with_what_they_said(tmp_path: Path) -> None:
    with pytest.raises(WideDeepError, match=r"(?s)benchmarks\.no_such did not start:.*No module named"):
        Served("benchmarks.no_such", log=tmp_path / "log.txt")
    with (
        Worker("benchmarks.no_such", log=tmp_path / "log.txt") as worker,
        pytest.raises(WideDeepError, match=r"(?s)benchmarks\.no_such.*ended:.*No module named"),
    ):
        worker.answer()


def test_load_calls_from_every_thread_with_rising_numbers_and_counts_what_fails() -> None:
    numbers: list[int] = []
    threads: set[int] = set()

    def rank(number: int) -> None:
        numbers.append(number)
        threads.add(threading.get_ident())
        threading.Event().wait(0.001)
        if number % 2:
            raise WideDeepError("no")

    answer = load(rank, 3, 0.2)
    assert len(threads) == 3
    assert sorted(numbers) == list(range(len(numbers)))
    odd = sum(number % 2 for number in numbers)
    assert answer["failed"] == {"WideDeepError": odd}
    # Those of the warm-up are not timed.
    assert 0 < len(answer["milliseconds"]) < len(numbers) - odd
    assert min(answer["milliseconds"]) >= 1


def test_a_call_that_fails_is_not_timed() -> None:
    def rank(_: int) -> None:
        raise WideDeepError("no")

    answer = load(rank, 1, 0.05)
    assert answer["milliseconds"] == []
    assert answer["failed"]["WideDeepError"] > 0


def _table() -> Table:
    table = Table()
    table.add("1 x 200", [15.5] * 60)
    table.add("1 x 200", [15.5] * 40)
    table.add("2 x 100", [8.0] * 90 + [40.0] * 10)
    table.add("4 x 50", [float(number) for number in range(1, 102)])
    table.add("REST, 1 x 200", [0.5])
    return table


def test_the_best_split_over_grpc_counts_by_its_p99() -> None:
    assert latency.percentiles(range(1, 102)) == {"p50": 51, "p95": 96, "p99": 100, "requests": 101}
    figure = latency.figure("paper", (3, 2), _table(), {"whole": 15.5})
    assert (figure.value, figure.goal, figure.holds) == (15.5, "<= 10", False)
    assert figure.details["best_split"] == "1 x 200"
    assert figure.details["milliseconds"]["1 x 200"]["requests"] == 100
    assert figure.details["milliseconds"]["REST, 1 x 200"]["p99"] == 0.5
    # The paper has 31, 17 and 14 ms.
    assert figure.details["p50_over_paper"] == {"1 x 200": 0.5, "2 x 100": 0.471, "4 x 50": 3.643}


def test_the_parts_of_a_request_add_up() -> None:
    found = parts.parts(12.0, {"session": 6.0, "server": 1.5}, client=3.0, transport=0.5)
    assert found.pop("whole") == 12.0
    assert found["client's encoding and decoding"] == 2.5
    assert found["waiting for each other"] == pytest.approx(12 - 6 - 1.5 - 3)
    assert sum(found.values()) == pytest.approx(12.0)


def test_cpu_is_compared_round_by_round() -> None:
    found = {"rank": [2.0, 4.0, 1.0], "serving_default": [6.0, 8.0, 9.0], "predict_raw": [5.0, 4.0, 3.0]}
    default, raw = cpu.figures("paper", found)
    assert (default.value, raw.value) == (3.0, 2.5)
    assert (default.holds, raw.holds) == (True, False)
    assert default.details["cpu_ms_a_request"] == {"rank": 2.0, "serving_default": 8.0, "predict_raw": 4.0}
    with pytest.raises(WideDeepError, match=r"less CPU time than the kernel counts\. Give it more requests"):
        cpu.figures("paper", found | {"rank": [2.0, 0.0, 1.0]})


def _step(clients: int, per_second: float, p99: float = 9.0) -> Step:
    return Step(clients, per_second, 5.0, p99, 0, 1.0, None)


@pytest.mark.parametrize(
    ("rates", "clients"),
    [([100, 180, 184, 400], [1, 2, 4]), ([100, 90], [1, 2]), ([10, 20, 40, 80, 160], [1, 2, 4, 8, 16])],
)
def test_clients_are_doubled_until_that_brings_no_more(rates: list[float], clients: list[int]) -> None:
    left = iter(rates)
    steps = throughput.until_saturated(lambda count: _step(count, next(left)))
    assert [step.clients for step in steps] == clients


def test_throughput_is_the_best_step_s() -> None:
    figure = throughput.figure(10, True, [_step(1, 100.0), _step(2, 180.0, 21.0), _step(4, 170.0, 50.0)])
    assert (figure.name, figure.value, figure.goal) == ("serving_throughput_10_candidates_batching", 180.0, None)
    assert (figure.details["clients"], figure.details["p99_ms"]) == (2, 21.0)
    assert len(figure.details["steps"]) == 3


def test_batching_is_as_shipped_but_for_what_the_stand_in_does_not_do(tmp_path: Path) -> None:
    assert read(throughput.batching(tmp_path)) == Parameters(
        max_batch_size=1024, batch_timeout_micros=0, max_enqueued_batches=32, num_batch_threads=2
    )


EVEN, ODD = np.array([0.25, 0.5, 0.75]), np.array([0.125, 0.5625, 0.875])


def _ranking(version: int | None, scores: list[float]) -> Ranking:
    return Ranking(tuple(RankedCandidate(index, score) for index, score in reversed(list(enumerate(scores)))), version)


@pytest.mark.parametrize(
    ("version", "scores", "said"),
    [
        (4, [0.25, 0.5, 0.750009], None),
        (3, [0.125, 0.5625, 0.875], None),
        (3, [0.25, 0.5, 0.75], "version 3: 3 of 3 scores are the other model's"),
        (4, [0.25, 0.5625, 0.75], "version 4: 1 of 3 scores are the other model's"),
        (4, [0.25, 0.5, float("nan")], "version 4: 0 of 3 scores are the other model's"),
        (4, [0.25, 0.5], "version 4: 0 of 3 scores are the other model's"),
        (4, [0.25, 0.5, 0.75002], "version 4: 0 of 3 scores are the other model's"),
        (None, [0.25, 0.5, 0.75], "no version"),
    ],
)
def test_an_answer_is_wholly_of_the_version_that_it_names(version: int | None, scores: list[float], said: str) -> None:
    assert swap.fault(_ranking(version, scores), (EVEN, ODD)) == said


def test_models_that_can_not_be_told_apart_are_refused() -> None:
    swap.check_apart((EVEN, ODD))
    with pytest.raises(WideDeepError, match=r"give a candidate the same score\. Train them with other seeds"):
        swap.check_apart((EVEN, np.array([0.125, 0.500015, 0.875])))


def test_swaps_count_failures_and_mixtures() -> None:
    seen = swap.Seen(failed=["a"], seconds=[1.0, 2.0, 4.0], memory=[5 << 20])
    seen.add(_ranking(2, [0.25, 0.5, 0.75]), (EVEN, ODD), 10.0)
    seen.add(_ranking(5, [0.25, 0.5, 0.75]), (EVEN, ODD), 30.0)
    failed, mixed = swap.figures(seen, 100)
    assert (failed.value, failed.holds, mixed.value, mixed.holds) == (1, False, 1, False)
    assert (failed.details["swaps"], failed.details["median_swap_s"], failed.details["answers"]) == (3, 2.0, 2)
    assert (failed.details["swaps_wanted"], failed.details["resident_mib"]) == (100, [5])
    assert failed.against.startswith("3 swaps")
    assert (seen.newest, failed.details["milliseconds"]["p50"]) == (5, 20.0)
    assert all(figure.holds for figure in swap.figures(swap.Seen(1, milliseconds=[1.0]), 1))


def test_a_version_is_a_copy_that_takes_no_room(tmp_path: Path) -> None:
    (tmp_path / "made" / "variables").mkdir(parents=True)
    (tmp_path / "made" / "variables" / "data").write_text("x")
    swap.linked(tmp_path / "made", tmp_path / "1")
    assert (tmp_path / "1" / "variables" / "data").samefile(tmp_path / "made" / "variables" / "data")


def test_the_drawing_has_a_bar_for_each_number_as_high_as_it_is() -> None:
    parts = {"client": 4.0, "session": 12.0, "whole": 16.0}
    figures = [latency.figure(model, (1,), _table(), parts) for model in ("paper", "default")]
    steps = [_step(1, 30.0, 1.0), _step(2, 3000.0, 300.0)]
    figures += [throughput.figure(size, batched, steps) for batched in (False, True) for size in (10, 200)]
    svg = ElementTree.fromstring(plot.drawn(figures))
    space = "{http://www.w3.org/2000/svg}"
    rects = [rect for rect in svg.iter(f"{space}rect") if rect.get("height") not in ("560", "12.0")]
    heights = [float(rect.get("height", 0)) for rect in rects[:9]]
    # By split: the paper's, then p50 of the two models.
    wanted = [31, 15.5, 15.5, 17, 8, 8, 14, 51, 51]
    assert heights == pytest.approx([one * heights[0] / 31 for one in wanted], abs=0.2)
    client, session = (float(rect.get("width", 0)) for rect in rects[9:11])
    assert session == pytest.approx(3 * client, abs=0.2)
    lines = [line.get("points") for line in svg.iter(f"{space}polyline")]
    # From one corner of the axes to the other.
    assert lines == ["560.0,300.0 930.0,50.0"] * 4
