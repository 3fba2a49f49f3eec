"""What the report says of a record. Expected values are reckoned from the record by hand."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from widedeep.components.dryrun.dry_run_options import IMAGE
from widedeep.pipeline import report

NAN, INF = math.nan, math.inf


def test_title_and_facts(page, record):
    header = page(record).root.find(".//header")
    text = " ".join("".join(header.itertext()).split())
    assert text == "Wide & Deep run rides 4 March 2026, 05:06:07 UTC run 20260304-050607-890"


def page_text(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_run_id_without_time(page, record):
    assert "UTC" not in page(replace(record, run_id="nightly")).html


def test_pushed(page, record):
    assert page(record).text("verdict") == "✓Pushed version 7 /srv/rides/models/7 Every bound holds."


def test_pushed_before(page, record):
    record.components[-1]["state"] = "CACHED"
    text = page(record).text("verdict")
    assert text.startswith("✓Pushed before, as version 7 /srv/rides/models/7 ")
    assert "took it from the cache" in text


def test_pushed_before_and_replaced_since(page, record):
    record.components[-1]["state"] = "CACHED"
    text = page(replace(record, superseded_by="/srv/rides/models/9")).text("verdict")
    assert "version 9 has been pushed since, and servers take that one; to put this one back: " in text
    assert "widedeep models WORKDIR rollback 7." in text


def test_figures(page, full):
    """What a person reads in ten seconds. 125.01 seconds in all; of the AUC 0.75 after 0.7."""
    assert [page_text(figure) for figure in page(full).part("figures")] == [
        "AUC 0.7500 0.7000 to 0.8000 (95 %)",
        "Change from baseline +0.0500 noise? −0.0100 to +0.1100 (95 %)",
        "Evaluation rows 2,000 2 slices",
        "Took 2 min 05 s 4 components, 1 from the cache",
    ]


def test_figures_without_intervals(page, record):
    figures = page(record).part("figures")
    assert [page_text(figure) for figure in figures][:2] == [
        "AUC 0.7500 higher is better",
        "Change from baseline +0.0500 better it had 0.7000",
    ]
    assert figures[1].find("dd/span").get("class") == "figure better"


def test_figures_without_a_baseline(page, record):
    del record.metrics["baseline"]
    assert page_text(page(record).part("figures")[1]) == "Change from baseline n/a there was none"
    record.metrics = {}
    figures = page(replace(record, slices={})).part("figures")
    assert page_text(figures[0]) == "Evaluation rows n/a"
    figures = page(replace(record, slices={}, split="test")).part("figures")
    assert page_text(figures[0]) == "Rows of 'test' n/a"


def test_the_parts_of_the_page(page, full):
    """The bar at the top leads to each part, and each section lies in one."""
    shown = page(full)
    links = shown.root.findall(".//nav/a")
    assert [link.text for link in links] == ["Summary", "Quality", "Data", "Model", "Run"]
    parts = {link.get("href")[1:]: shown.part(link.get("href")[1:]) for link in links}
    sections = {name: [e.get("id") for e in part.findall("section") if e.get("id")] for name, part in parts.items()}
    assert sections == {
        "summary": ["verdict", "unsettled"],
        "quality": ["metrics", "curves", "slices"],
        "data": ["features", "vocabularies"],
        "model": ["training", "crosses", "strongest"],
        "run": ["dryrun", "components", "lineage", "next"],
    }


def test_a_line_alone_needs_no_legend(page, record):
    loss, auc = page(record).part("training").findall(".//figcaption")
    assert page_text(loss) == "Loss by epoch eval train"
    assert page_text(auc) == "AUC by epoch"


def test_not_blessed(page, record):
    refused = replace(record, blessed=False, pushed_to=None, refusals=["auc is 0.7500, at least 0.8 is needed", "two"])
    shown = page(refused)
    assert shown.text("verdict") == (
        "✕Not blessed auc is 0.7500, at least 0.8 is needed two "
        "Nothing was pushed; the version that serves is unchanged."
    )
    assert not shown.has("serve")


def test_no_verdict(page, record):
    """The machine was at fault alone."""
    late = {"name": "a", "value": 2, "limit": 1, "ok": False, "said": "a: 2, at most 1 is allowed"}
    tried = {"server": "stand_in", "checks": [{**late, "measures": "machine"}]}
    refused = replace(record, blessed=False, pushed_to=None, refusals=["a: 2, at most 1 is allowed"], dry_run=tried)
    assert page(refused).text("verdict") == (
        "–No verdict a: 2, at most 1 is allowed Nothing was pushed; the version that serves is unchanged. The dry run "
        "failed by the machine, not by the model: the same command tries it again."
    )


def test_not_blessed_without_reason(page, record):
    assert "gave no reason" in page(replace(record, blessed=False, pushed_to=None)).text("verdict")


def test_blessed_but_not_pushed(page, record):
    text = page(replace(record, pushed_to=None)).text("verdict")
    assert text.startswith("–Blessed, but not pushed")


def test_metrics(page, record):
    """Calibration: 0.9 is 0.1 away from 1, 1.2 is 0.2 away, so less is better here."""
    assert page(record).rows("metrics") == [
        ["Metric", "Candidate", "Baseline", "Change"],
        ["AUC higher is better", "0.7500", "0.7000", "+0.0500 better"],
        ["PR-AUC higher is better", "0.5000", "0.5000", "0.0000 same"],
        ["Log loss lower is better", "0.2500", "0.2000", "+0.0500 worse"],
        ["Accuracy higher is better", "0.8750", "0.9000", "−0.0250 worse"],
        ["Calibration best at 1", "0.900", "1.200", "−0.300 better"],
    ]
    assert "on 2,000 evaluation rows." in page(record).text("metrics")
    assert "on 2,000 rows of 'holdout'." in page(replace(record, split="holdout")).text("metrics")


def test_metrics_of_lists(page, record):
    """They come after those of rows, by their places; what they are means over is said below."""
    values = {"hit@10": 0.5, "gauc": 0.625, "ndcg@10": 0.5, "ndcg@5": 0.25, "mrr": 0.125}
    record.metrics["candidate"] |= values
    record.lists = {"by": "user_id", "lists": 943, "counted": 600, "rows_outside": 0}
    shown = page(record)
    assert [row[:2] for row in shown.rows("metrics")[6:]] == [
        ["GAUC higher is better", "0.6250"],
        ["NDCG@5 higher is better", "0.2500"],
        ["NDCG@10 higher is better", "0.5000"],
        ["MRR higher is better", "0.1250"],
        ["Hit rate@10 higher is better", "0.5000"],
    ]
    said = "600 of the 943 lists of one 'user_id' have rows of both labels."
    assert said in shown.text("metrics")
    record.lists["rows_outside"] = 1200
    assert f"{said[:-1]}; 1,200 rows have none." in page(record).text("metrics")
    record.lists |= {"rows_outside": 0, "share": 0.25}
    said = "600 of the 943 lists of one 'user_id', a sample of 0.25 of all, have rows of both labels."
    assert said in page(record).text("metrics")


def test_change_has_colour_too(page, record):
    rows = page(record).part("metrics").findall(".//tbody/tr")
    assert [row.find("td/span").get("class") for row in rows] == ["better", "same", "worse", "worse", "better"]


def test_no_baseline(page, record):
    del record.metrics["baseline"]
    for models in record.slices.values():
        del models["baseline"]
    shown = page(record)
    assert shown.rows("metrics")[:2] == [["Metric", "Candidate"], ["AUC higher is better", "0.7500"]]
    assert "There was no baseline to compare with." in shown.text("metrics")
    assert shown.rows("slices")[0] == ["Slice", "Rows", "Chart", "AUC"]
    assert shown.part("slices").findall(".//line[@class='base']") == []
    assert "baseline" not in shown.text("slices")


def test_other_and_missing_metrics(page, record):
    record.metrics["candidate"] |= {"gini": 0.25, "auc": NAN}
    del record.metrics["candidate"]["logloss"]
    rows = page(record).rows("metrics")
    assert rows[1] == ["AUC higher is better", "n/a", "0.7000", "n/a"]
    assert rows[3] == ["Log loss lower is better", "n/a", "0.2000", "n/a"]
    assert rows[6] == ["gini", "0.2500", "n/a", "n/a"]


def test_slices_lowest_first(page, record):
    record.slices |= {"hour=3": {"candidate": {"rows": 60}}, "hour=4": {"candidate": {"auc": NAN, "rows": 61}}}
    assert page(record).rows("slices")[1:] == [
        ["all rows", "2,000 rows", "", "0.7500", "+0.0500 better"],
        ["hour=2", "1,500 rows", "", "0.6000", "−0.1000 worse"],
        ["hour=1", "50 rows", "", "0.9000", "+0.1000 better"],
        ["hour=3", "60 rows", "", "n/a", "n/a"],
        ["hour=4", "61 rows", "", "n/a", "n/a"],
    ]


def test_slices_are_dots_on_an_axis_that_is_zoomed_to_them(page, record):
    """From 0.6 to 0.9: 0.75 is its middle, 0.7 a third, 0.8 two."""
    pictures = page(record).part("slices").findall(".//tbody//svg")
    assert [picture.find("circle").get("cx") for picture in pictures] == ["50.0%", "0.0%", "100.0%"]
    assert [picture.find("line[@class='base']").get("x1") for picture in pictures] == ["33.3%", "33.3%", "66.7%"]
    assert {picture.find("line[@class='reference']").get("x1") for picture in pictures} == {"50.0%"}
    assert [picture.find("desc").text for picture in pictures][1] == "candidate 0.6000, baseline 0.7000"
    ticks = page(record).part("slices").findall(".//thead//svg/text")
    assert [(tick.get("x"), tick.text) for tick in ticks] == [
        ("0.0%", "0.6"),
        ("33.3%", "0.7"),
        ("66.7%", "0.8"),
        ("100.0%", "0.9"),
    ]


def test_an_interval_that_goes_on_beyond_the_axis_is_explained(page, full):
    assert "goes on beyond" not in page(full).text("slices")
    full.intervals["slices"]["hour=2"]["candidate"]["auc"] = [0.0, 0.65]
    assert "95 % interval; without a bar at its end it goes on beyond the axis" in page(full).text("slices")


def test_many_slices(page, record):
    """Of 45 slices the 30 largest are those with 15 rows or more."""
    record.slices = {f"id={rows}": {"candidate": {"auc": 0.8, "rows": float(rows)}} for rows in range(45)}
    shown = page(record)
    assert sorted(int(row[0][3:]) for row in shown.rows("slices")[2:]) == list(range(15, 45))
    assert "the 30 slices with most rows, of 45." in shown.text("slices")
    assert "15 more slices with fewer rows are in run.json." in shown.text("slices")


def test_no_slices(page, record):
    shown = page(replace(record, slices={}))
    assert "No slice was evaluated" in shown.text("slices")
    assert shown.part("slices").find(".//table") is None


def test_long_slice_name(page, record):
    """A value of the data may be a whole text: 80 characters of its start and 30 of its end are shown."""
    record.slices = {"a" * 5000 + "z" * 30: {"candidate": {"auc": 0.8, "rows": 70}}}
    assert page(record).rows("slices")[2][0] == "a" * 80 + "…" + "z" * 30


def test_training(page, record):
    """x: 46 to 346; y: 180 (lowest tick) to 14 (highest). Loss spans 0.2..0.6 by 0.1, so 0.4 is at 97."""
    loss, auc = page(record).part("training").findall(".//figure/svg")
    assert [line.get("points") for line in loss.findall("polyline")] == ["46,14 346,180", "46,97 346,138.5"]
    assert [line.get("points") for line in auc.findall("polyline")] == ["46,180 346,14"]
    assert loss.find("desc").text == (
        "train: 0.6000 in epoch 1 to 0.2000 in epoch 2; eval: 0.4000 in epoch 1 to 0.3000 in epoch 2."
    )
    assert auc.find("desc").text == "eval: 0.6000 in epoch 1 to 0.7000 in epoch 2."
    assert [text.text for text in loss.findall("text")] == ["0.2", "0.3", "0.4", "0.5", "0.6", "1", "2", "kept"]
    assert loss.find("line[@class='reference kept']").get("x1") == "346.0"


def test_training_in_numbers(page, record):
    assert page(record).rows("training") == [
        ["Epoch", "Step", "Train loss", "Eval log loss", "Eval AUC", "Eval accuracy"],
        ["1", "10", "0.6000", "0.4000", "0.6000", "0.7000"],
        ["2 kept", "20", "0.2000", "0.3000", "0.7000", "0.8000"],
    ]


def test_training_from_the_cache(page, record):
    assert "earlier run" not in page(record).text("training")
    record.components[1]["state"] = "CACHED"
    assert "2 epochs, of the earlier run that trained this model." in page(record).text("training")


def test_a_training_that_was_cut_off(page, record):
    assert "still improving" not in page(record).text("training")
    shown = page(replace(record, training_note="still <improving>: raise training.epochs."))
    assert "still <improving>: raise training.epochs." in shown.text("training")


def test_no_training(page, record):
    shown = page(replace(record, training=[], wide={"rows": 0, "nonzero": 0}))
    assert shown.text("training") == "Training No training curve was recorded."


def test_the_wide_part_and_the_warm_start(page, record):
    base = {"model": "models/3", "quality": {"auc": 0.75}, "not_taken": ["<b>: new, starts fresh."]}
    shown = page(replace(record, base=base)).text("training")
    assert "400 of 11,000 wide weights (3.6%) differ from 0; L1 left the others at 0." in shown
    assert "Warm start from models/3, on eval before the first step: auc 0.7500. <b>: new, starts fresh." in shown


def test_components(page, record):
    """Of 125.01 s one after another: 0.01 s are 0.01 %, 8 s 6.40 %, 2 s 1.60 %, 115 s 91.99 %."""
    shown = page(record)
    assert shown.rows("components")[1:] == [
        ["ExampleGen", "cached", "", "< 0.1 s"],
        ["Trainer", "complete", "", "8.0 s"],
        ["Evaluator", "complete", "", "2.0 s"],
        ["Pusher", "complete", "", "1 min 55 s"],
    ]
    bars = shown.part("components").findall(".//tbody//svg/rect")
    assert [bar.get("width") for bar in bars] == ["0.01%", "6.40%", "1.60%", "91.99%"]
    assert [bar.get("x") for bar in bars] == ["0.00%", "0.01%", "6.41%", "8.01%"]


def test_components_lie_where_they_ran(page, record):
    """Of 200 s: from 0 on, from 50 on 8 s (4 %), from 60 on, and from 85 to the end."""
    for node, started in zip(record.components, (0.0, 50.0, 60.0, 85.0), strict=True):
        node["started"] = started
    bars = page(record).part("components").findall(".//tbody//svg/rect")
    assert [bar.get("x") for bar in bars] == ["0.00%", "25.00%", "30.00%", "42.50%"]
    assert [bar.get("width") for bar in bars] == ["0.01%", "4.00%", "1.00%", "57.50%"]


def test_warnings(page, record):
    assert not page(record).has("warnings")
    assert "The data gate had no warnings." in page(record).text("data")
    shown = page(replace(record, warnings=["fare: 12% missing", "tips: drift"]))
    assert shown.text("warnings") == "2 warnings about the data fare: 12% missing tips: drift"
    assert "no warnings" not in shown.html


def test_serve(page, record):
    assert page(record).text("serve") == (
        "docker run --rm --init -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501 \\ -v /srv/rides/models:/models/rides "
        f"\\ -e MODEL_NAME=rides \\ {IMAGE} --grpc_max_threads=128"
    )


def test_serve_is_quoted_for_the_shell(page, record):
    shown = page(replace(record, pushed_to="/srv/my rides/models/7"))
    assert "-v '/srv/my rides/models:/models/rides'" in shown.text("serve")


def test_log(page, record):
    link = page(record).part("next").find(".//a")
    assert (link.get("href"), link.text) == ("./log.txt", record.log)
    assert page(replace(record, log="/var/log/rides.txt")).part("next").find(".//a") is None


def test_write(tmp_path, record, summary):
    report.write(summary(record), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == report.render(summary(record))


def test_needs_no_tensorflow():
    """`widedeep report` answers at once."""
    code = (
        "import sys, widedeep.pipeline.report, widedeep.pipeline.record.summary\n"
        "print(sorted({'tensorflow', 'tfx', 'apache_beam', 'ml_metadata'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("bad", [NAN, INF, -INF, None, 1e300, -1e99])
def test_strange_numbers_break_nothing(page, record, bad):
    for models in (record.metrics, *record.slices.values()):
        for metrics in models.values():
            metrics.update(dict.fromkeys(metrics, bad))
    for row in record.training:
        row |= {key: bad for key in row if key not in ("epoch", "step", "examples", "seconds", "kept")}
    shown = page(record)
    places = [
        value
        for element in shown.root.iter()
        for key, value in element.items()
        if key in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "points")
    ]
    assert places
    assert not [value for value in places if "nan" in value or "inf" in value]
    assert ">nan<" not in shown.html.lower()
    assert ">inf<" not in shown.html.lower()


def test_empty_record(page, record):
    bare = replace(record, components=[], metrics={}, slices={"": {}}, training=[], log="", report="", pipeline="")
    shown = page(bare)
    assert shown.rows("metrics") == [["Metric", "Candidate"]]
    assert shown.rows("slices")[2] == ["", "n/a rows", "", "n/a"]
