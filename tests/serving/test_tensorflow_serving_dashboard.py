"""Prometheus asks TensorFlow Serving for metrics that it has, by labels that they have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "serving" / "tensorflow"

# tensorflow/serving at tag 2.20.0: kind and labels of each, by the file that makes it. prometheus_exporter.cc writes
# "/tensorflow/serving/x" as ":tensorflow:serving:x", and a histogram (a Sampler) as _bucket, _sum and _count.
METRICS = {
    # servables/tensorflow/util.cc
    "request_count": ("counter", {"model_name", "status"}),
    "request_latency": ("histogram", {"model_name", "API", "entrypoint"}),
    "runtime_latency": ("histogram", {"model_name", "API", "runtime"}),
    "request_example_counts": ("histogram", {"model"}),
    "request_example_count_total": ("counter", {"model"}),
    # servables/tensorflow/saved_model_warmup_util.cc
    "model_warmup_latency": ("histogram", {"model_path", "status"}),
    "model_warmup_records_read": ("counter", {"model_path", "status"}),
    # core/request_logger.cc
    "request_log_count": ("counter", {"model_name", "status"}),
    # batching/batching_session.cc and batching_util.h
    "batching_session:queuing_latency": ("histogram", {"thread_pool_name"}),
    "batching_session:wrapped_run_count": ("counter", set()),
    "batching_session:padding_size": ("histogram", {"execution_batch_size"}),
    "batching_session:input_batch_size": ("histogram", set()),
    "batching_session:processed_batch_size": ("histogram", set()),
}
PREFIX = ":tensorflow:serving:"
USE = re.compile(rf"{PREFIX}([a-z_:]+)(?:\{{([^}}]*)\}})?")


def expressions() -> list[str]:
    dashboard = json.loads((FOLDER / "grafana" / "serving.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return queries + [variable["query"]["query"] for variable in dashboard["templating"]["list"]]


def metric(name: str) -> tuple[str, set[str]]:
    """Its kind and the labels of the series that is asked for."""
    for suffix in ("_bucket", "_sum", "_count"):
        kind, labels = METRICS.get(name.removesuffix(suffix), ("", set()))
        if name.endswith(suffix) and kind == "histogram":
            return kind, labels | ({"le"} if suffix == "_bucket" else set())
    kind, labels = METRICS[name]
    assert kind == "counter", f"{name} is a histogram"
    return kind, labels


def test_every_metric_is_one_of_tensorflow_servings() -> None:
    uses = [use for expression in expressions() for use in USE.finditer(expression)]
    assert len(uses) > len(METRICS)
    for use in uses:
        metric(use[1])


def test_no_expression_asks_for_anything_else() -> None:
    for expression in expressions():
        assert expression.count("tensorflow") == len(USE.findall(expression)) > 0


def test_every_label_is_one_of_the_metrics() -> None:
    for expression in expressions():
        for use in USE.finditer(expression):
            _, labels = metric(use[1])
            assert set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", use[2] or "")) <= labels
            for grouped in re.findall(r"by \(([^)]*)\)", expression):
                assert {label.strip() for label in grouped.split(",")} <= labels


def test_quantiles_are_of_buckets_by_their_bounds() -> None:
    quantiles = [expression for expression in expressions() if "histogram_quantile" in expression]
    assert quantiles
    for expression in quantiles:
        assert re.search(r"sum by \(le\) \(rate\(\S+_bucket", expression)


def test_health_checks_are_left_out_of_requests_and_latencies() -> None:
    """http_server.cc records the latency of a GET too, without a method for its API label."""
    for expression in expressions():
        for selector in re.findall(rf"{PREFIX}request_latency_\w+\{{([^}}]*)\}}", expression):
            assert 'API!=""' in selector


def test_legends_and_variables_exist() -> None:
    dashboard = json.loads((FOLDER / "grafana" / "serving.json").read_text())
    variables = {variable["name"] for variable in dashboard["templating"]["list"]} | {"__rate_interval"}
    for panel in dashboard["panels"]:
        assert panel["title"]
        assert panel["description"]
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert re.search(rf"by \([^)]*\b{label}\b", target["expr"])
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    source = yaml.safe_load((FOLDER / "grafana" / "datasource.yaml").read_text())["datasources"][0]["uid"]
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source}


def test_panels_do_not_overlap() -> None:
    panels = json.loads((FOLDER / "grafana" / "serving.json").read_text())["panels"]
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    # Grafana's grid.
    assert max(x for x, _ in cells) < 24


def test_promtool_reads_the_expressions_and_the_configuration(tmp_path: Path) -> None:
    if not shutil.which("promtool"):
        pytest.skip("needs Prometheus' promtool")
    plain = [
        expression.replace("$__rate_interval", "1m").replace("$model", "movielens")
        for expression in expressions()
        if not expression.startswith("label_values")
    ]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(plain)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    for what, path in (("rules", tmp_path / "rules.yaml"), ("config", FOLDER / "prometheus.yml")):
        done = subprocess.run(["promtool", "check", what, str(path)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
