"""Percentiles, parts, ratios, saturation, and the drawing: worked out by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import tensorflow as tf

from benchmarks.harness.figures import Figure
from benchmarks.serving import cpu_cost, latency, latency_breakdown, matrix_products, plot, throughput
from benchmarks.serving.latency import Table
from benchmarks.serving.throughput import Step
from widedeep.components.common.errors import WideDeepError


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
    shares = latency_breakdown.parts(12.0, {"session": 6.0, "server": 1.5}, client=3.0, transport=0.5)
    assert shares.pop("whole") == 12.0
    assert shares["client's encoding and decoding"] == 2.5
    assert shares["waiting for each other"] == pytest.approx(12 - 6 - 1.5 - 3)
    assert sum(shares.values()) == pytest.approx(12.0)


def test_cpu_is_compared_round_by_round() -> None:
    spent = {"rank": [2.0, 4.0, 1.0], "serving_default": [6.0, 8.0, 9.0], "predict_raw": [5.0, 4.0, 3.0]}
    default, raw = cpu_cost.figures("paper", spent, 1.5)
    assert (default.value, raw.value) == (3.0, 2.5)
    assert (default.holds, raw.holds) == (True, False)
    assert default.details["cpu_ms_a_request"] == {"rank": 2.0, "serving_default": 8.0, "predict_raw": 4.0} | {
        "the matrix products alone": 1.5
    }
    with pytest.raises(WideDeepError, match=r"less CPU time than the kernel counts\. Give it more requests"):
        cpu_cost.figures("paper", spent | {"rank": [2.0, 0.0, 1.0]}, 1.5)


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


def test_the_drawing_has_a_bar_for_each_number_as_high_as_it_is() -> None:
    parts = {"client": 4.0, "session": 12.0, "whole": 16.0}
    figures = [latency.figure(model, (1,), _table(), parts) for model in ("paper", "default")]
    steps = [_step(1, 30.0, 1.0), _step(2, 3000.0, 300.0)]
    figures += [throughput.figure(size, batched, steps) for batched in (False, True) for size in (10, 200)]
    memory = {"anonymous_mib": [400, 1000, 800]}
    against = "100,000 malformed requests, TF Serving's statuses"
    figures.append(Figure("serving_malformed_memory_growth", 1.0, "MiB", "<= 64", against, memory))
    svg = ElementTree.fromstring(plot.svg(figures))
    space = "{http://www.w3.org/2000/svg}"
    rects = [rect for rect in svg.iter(f"{space}rect") if rect.get("height") not in ("760", "12.0")]
    heights = [float(rect.get("height", 0)) for rect in rects[:9]]
    # By split: the paper's, then p50 of the two models.
    wanted = [31, 15.5, 15.5, 17, 8, 8, 14, 51, 51]
    assert heights == pytest.approx([milliseconds * heights[0] / 31 for milliseconds in wanted], abs=0.2)
    client, session = (float(rect.get("width", 0)) for rect in rects[9:11])
    assert session == pytest.approx(3 * client, abs=0.2)
    lines = [line.get("points") for line in svg.iter(f"{space}polyline")]
    # From one corner of the axes to the other.
    assert lines[:4] == ["560.0,300.0 930.0,50.0"] * 4
    # 400, 1,000 and 800 of at most 1,000, at equal distances.
    assert lines[4:] == ["60.0,668.0 495.0,590.0 930.0,616.0"]
    assert "MiB that the server holds, over 100,000 malformed requests" in [
        text.text for text in svg.iter(f"{space}text")
    ]


def test_the_products_are_those_of_each_layer_with_the_next_and_of_the_last_with_the_logit() -> None:
    with tf.Graph().as_default() as graph:
        rows, outputs = matrix_products.products([1024, 512, 256])
        kernels = [product.inputs[1].shape for product in graph.get_operations() if product.type == "MatMul"]
    assert (rows.shape.as_list(), outputs.shape.as_list()) == ([None, 1024], [None, 1])
    assert kernels == [[1024, 512], [512, 256], [256, 1]]
