"""The report as a document: it loads nothing, runs nothing, names everything, and can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest

HOSTILE = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>&lt; {{ 7 * 7 }}"


@pytest.fixture
def hostile(record):
    """A record in which everything that can be text is an attack."""
    return replace(
        record,
        run_id=HOSTILE,
        pipeline=HOSTILE,
        components=[{"id": HOSTILE, "state": HOSTILE, "seconds": 1.0}, *record.components],
        metrics={who: models | {HOSTILE: 0.5} for who, models in record.metrics.items()},
        slices={HOSTILE: {"candidate": {"auc": 0.55, "rows": 90.0}}, **record.slices},
        refusals=[HOSTILE],
        warnings=[HOSTILE],
        pushed_to=f"/models/{HOSTILE}",
        log=f"{record.log}{HOSTILE}",
        unsettled=[HOSTILE],
        features=[
            {
                "feature": HOSTILE,
                "kind": HOSTILE,
                "present_share": 1,
                "top": [[HOSTILE, 1]],
            }
        ],
        strongest=[{"name": HOSTILE, "weight": 1, "support": 1, "label_rate": 1}],
        dry_run={
            "server": HOSTILE,
            "checks": [{"name": HOSTILE, "value": 1, "limit": 1, "ok": False, "said": HOSTILE}],
        },
        lineage=[(HOSTILE, HOSTILE)],
    )


def test_names_are_escaped(page, hostile):
    shown = page(hostile)
    elements = list(shown.root.iter())
    assert not [element for element in elements if element.tag in ("script", "img")]
    assert not [key for element in elements for key in element.attrib if key.startswith("on")]
    for part in ("warnings", "unsettled", "strongest", "dryrun", "lineage"):
        assert HOSTILE in shown.text(part), part
        assert "49" not in shown.text(part), part
    assert "<script>" in shown.text("features")
    assert shown.rows("slices")[2][0] == HOSTILE
    assert shown.rows("components")[1][:2] == [HOSTILE, HOSTILE.lower()]
    assert HOSTILE in shown.text("verdict")
    assert shown.root.find(".//h1").text == HOSTILE


def test_a_log_is_no_script_link(page, record):
    folder = record.report.rsplit("/", 1)[0]
    link = page(replace(record, log=f"{folder}/javascript:alert(1)")).part("next").find(".//a")
    assert link.get("href") == "./javascript%3Aalert%281%29"


def test_shell_words_stay_words(page, record):
    shown = page(replace(record, pipeline="a; rm -rf b"))
    assert "-e 'MODEL_NAME=a; rm -rf b'" in shown.text("serve")


def test_halves_of_surrogates(page, record):
    """UTF-8 knows none; JSON carries them."""
    record.pipeline = "a\ud800b"
    shown = page(record)
    assert "a?b" in shown.html
    assert shown.html.encode("utf-8")


def test_control_characters(page, record):
    """HTML allows none; JSON carries them."""
    record.slices = {"a\x00b\x1b\x85c\rd": {"candidate": {"auc": 0.7, "rows": 90.0}}}
    shown = page(record)
    assert shown.rows("slices")[2][0] == "a\ufffdb\ufffd\ufffdc\ufffdd"
    assert shown.html.encode("utf-8")


def test_loads_nothing(page, hostile):
    shown = page(hostile)
    style = "".join(element.text or "" for element in shown.root.iter("style"))
    assert not re.findall(r"url\(|@import|https?:|//", style)
    tags = {element.tag for element in shown.root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "image", "use", "video", "audio", "form"}
    loads = [(key, value) for e in shown.root.iter() for key, value in e.items() if key in ("src", "href", "style")]
    assert all(key == "href" and value.startswith(("./", "#")) for key, value in loads), loads


def test_policy_forbids_what_it_does_not_need(page, record):
    policy = page(record).root.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_charts_are_named(page, record):
    """Every picture has a title and a description; what is only ornament is hidden."""
    root = page(record).root
    pictures = [svg for svg in root.iter("svg") if svg.get("aria-hidden") != "true"]
    # All rows and 2 slices, loss and AUC, 4 components.
    assert len(pictures) == 3 + 2 + 4
    for picture in pictures:
        assert picture.get("role") == "img"
        assert picture.find("title").text.strip()
        assert picture.find("desc").text.strip()
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    named = [name for picture in pictures for name in picture.get("aria-labelledby", "").split()]
    assert set(named) <= set(ids)


def test_tables_have_heads(page, record):
    for table in page(record).root.iter("table"):
        assert all(cell.get("scope") == "col" for cell in table.find("thead/tr"))
        assert all("".join(cell.itertext()).strip() for cell in table.find("thead/tr"))


def test_language_and_width(page, record):
    root = page(record).root
    assert root.get("lang") == "en"
    assert root.find(".//meta[@name='viewport']").get("content") == "width=device-width, initial-scale=1"
    assert page(record).html.startswith("<!DOCTYPE html>")


def _luminance(colour: str) -> float:
    """WCAG 2: relative luminance of #rrggbb."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(colour: str, other: str) -> float:
    dark, light = sorted((_luminance(colour), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme):
    """WCAG AA: text 4.5 to 1, parts of charts 3 to 1."""
    css = resources.files("widedeep.pipeline.report").joinpath("templates", "page.css").read_text("utf-8")
    blocks = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)]
    colours = blocks[theme]
    for ground in ("paper", "panel"):
        for text in ("ink", "soft", "good", "bad", "warn"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for drawn in ("fill", "second"):
        assert _contrast(colours[drawn], colours["paper"]) >= 3, drawn
