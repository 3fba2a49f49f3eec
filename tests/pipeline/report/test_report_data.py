"""The report on features, the strongest of them, the dry run and what the model was made of."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

from dataclasses import replace

import pytest


def feature(name, **more):
    return {"feature": name, "kind": "categorical", "present_share": 1.0, **more}


def test_features_that_moved_come_first(page, full):
    """Bars end at twice the limit: of the fare's distances 0.25 is beyond it, 0.05 of the miles' a quarter."""
    shown = page(full)
    assert shown.rows("features") == [
        ["Feature", "Present", "Values", "Which", "Distance"],
        [
            "fare numeric",
            "98 % present",
            "mean 11.75",
            "−1.5 to 12,000, median 9",
            "skew of eval 0.250, more than 0.1",
        ],
        ["area categorical", "100 % present", "77 values", "8 (40 %), 32 (30 %)", ""],
        ["miles numeric", "50 % present", "mean −2", "", "drift of train 0.050, limit 0.1"],
    ]
    bars = [svg.findall("rect")[1] for svg in shown.part("features").iter("svg")]
    assert [(bar.get("class"), bar.get("width")) for bar in bars] == [("beyond", "100.00%"), ("fill", "25.00%")]
    assert "the mark is the limit." in shown.text("features")


def test_what_has_no_id_of_its_own(page, full):
    """A split a column: the share out of vocabulary, and that of values that train never had."""
    full.features = [
        feature(
            "area", out_of_vocabulary={"train": 0.01, "eval": 0.02, "test": 0.25}, unseen={"eval": 0.0, "test": 0.2}
        ),
        feature("hashed", unseen={"eval": 0.5, "test": 0.125}),
        {"feature": "fare", "kind": "numeric", "present_share": 1.0},
    ]
    assert page(full).rows("vocabularies") == [
        ["Feature", "train", "eval", "test"],
        ["area", "1 %", "2 % 0 % new", "25 % 20 % new"],
        ["hashed", "–", "– 50 % new", "– 12 % new"],
    ]


def test_what_is_worth_knowing(page, full):
    assert not page(full).has("notes")
    full.notes = ["2 rows of <test> are equal to rows of train"]
    shown = page(full)
    assert shown.text("notes") == "Worth knowing 2 rows of <test> are equal to rows of train"
    assert "The data gate had no warnings." in shown.text("data")


def test_without_distances_there_is_no_column_of_them(page, full):
    shown = page(replace(full, features=full.features[:1]))
    assert shown.rows("features")[0] == ["Feature", "Present", "Values", "Which"]
    assert "Drift" not in shown.text("features")


def test_many_features(page, full):
    shown = page(replace(full, features=[feature(f"f{number}") for number in range(62)]))
    assert len(shown.rows("features")) == 61
    assert "2 more features are in run.json." in shown.text("features")
    assert "1 more feature is in run.json." in page(replace(full, features=[feature("f")] * 61)).text("features")


def test_the_strongest_in_words(page, full):
    """Bars go from the middle: 0.1 is a quarter of 0.4, so an eighth of the width, to the left."""
    shown = page(full)
    assert shown.rows("strongest")[1:] == [
        ["area=8 × hour=2 of 1,200 rows, 96 % have label 1", "", "+0.4000"],
        ["hour=3 of 1 row, 0 % have label 1", "", "−0.1000"],
    ]
    bars = [svg.find("rect") for svg in shown.part("strongest").findall(".//tbody//svg")]
    assert [(bar.get("class"), bar.get("x"), bar.get("width")) for bar in bars] == [
        ("fill", "50.00%", "50.00%"),
        ("second", "37.50%", "12.50%"),
    ]


@pytest.mark.parametrize(
    ("rows", "all_rows", "told"),
    [
        (None, False, ""),
        (4_321, True, "Rows are counted in all 4,321 that the model was trained on."),
        (
            100_352,
            False,
            "Rows are counted in the first 100,352 that the model was trained on; widedeep explain counts them in all.",
        ),
    ],
)
def test_in_which_rows_the_strongest_were_counted(page, full, rows, all_rows, told):
    text = page(replace(full, strongest_rows=rows, all_rows_counted=all_rows)).text("strongest")
    assert ("Rows are counted" in text) == bool(told)
    assert told in text


def test_the_strongest_of_a_number(page, full):
    """A mean label, that is no share."""
    full.strongest = [{"name": "a", "weight": 1, "support": 7, "label_rate": 12.5}]
    assert page(full).rows("strongest")[1][0] == "a of 7 rows, the mean label is 12.50"


def test_the_dry_run(page, full):
    shown = page(full)
    assert shown.rows("dryrun") == [
        ["Check", "Value", "Limit", "Outcome"],
        ["requests that failed", "0", "0", "passed"],
        ["slowest request in ms too slow", "17.25", "9", "failed"],
    ]
    assert "answered requests in stand in: not every check passed." in shown.text("dryrun")
    full.dry_run["checks"].pop()
    assert ": every check passed." in page(full).text("dryrun")


def test_what_it_was_made_of(page, full):
    assert page(full).text("lineage") == "Made of Rows train/*.csv Baseline version 6"


def test_a_dry_run_that_the_machine_failed_is_tried_again(page, full):
    late = {"name": "p99 milliseconds", "value": 200, "limit": 100, "ok": False, "said": "late"}
    full.dry_run = {"server": "stand_in", "checks": [late | {"measures": "machine"}]}
    full.blessed, full.pushed_to = False, None
    again = "The dry run failed by the machine, not by the model: the same command tries it again."
    assert again in page(full).text("verdict")
    full.dry_run["checks"][0]["measures"] = "model"
    assert again not in page(full).text("verdict")


@pytest.mark.parametrize("part", ["features", "vocabularies", "notes", "strongest", "dryrun", "lineage", "unsettled"])
def test_what_is_not_there_has_no_section(page, record, part):
    assert not page(record).has(part)


def test_long_values_are_cut(page, full):
    full.features = [feature("f" * 90, top=[["t" * 90, 0.5]])]
    full.strongest = [{"name": "n" * 200, "weight": 0, "support": 1, "label_rate": None}]
    shown = page(full)
    assert shown.rows("features")[1][0] == "f" * 39 + "… categorical"
    assert shown.rows("features")[1][3] == "t" * 39 + "… (50 %)"
    assert shown.rows("strongest")[1] == ["n" * 119 + "…", "", "0.0000"]
