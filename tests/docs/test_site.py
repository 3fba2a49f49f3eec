"""The built pages: strictly built, nothing loaded from elsewhere, no heavy import, and all links good."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools.docs.elsewhere import linked

ROOT = Path(__file__).resolve().parents[2]
# mkdocs' command, then what it has imported.
BUILD = """
import sys
from mkdocs.__main__ import cli
cli(["build", "--strict", "--quiet", "--site-dir", sys.argv[1]], standalone_mode=False)
print(*sorted({"tensorflow", "tfx", "apache_beam"} & set(sys.modules)))
"""


class Loaded(HTMLParser):
    """What a page loads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.addresses.append(given.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, folder], cwd=ROOT, capture_output=True, text=True, env=environment, timeout=120
    )
    # Strict: a page that no menu has, a link to nowhere or to a missing anchor fails.
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "", "the build imports what takes seconds"
    return folder


def pages(site: Path) -> list[Path]:
    return [path for path in site.rglob("*.html") if path.name != "404.html"]


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert len(pages(site)) > 30
    for page in pages(site):
        elsewhere = [address for address in Loaded(page.read_text()).addresses if re.match(r"(\w+:)?//", address)]
        assert elsewhere == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(.?(https?:)?//", sheet.read_text()), sheet


def test_what_is_generated_is_in_the_pages(site: Path) -> None:
    for page in pages(site):
        assert "<!-- generated" not in page.read_text(), page
    assert 'id="training-deep-schedule"' in (site / "reference" / "pipeline-yaml.html").read_text()
    assert 'id="kubeflow-submit"' in (site / "reference" / "command-line.html").read_text()
    assert "<math" in (site / "explanation" / "model.html").read_text()
    assert (site / "schema" / "pipeline.schema.json").read_text() == (
        ROOT / "schema" / "pipeline.schema.json"
    ).read_text()


def test_pages_from_elsewhere_are_there(site: Path) -> None:
    tutorial = (site / "tutorials" / "kubeflow.html").read_text()
    assert "From an empty cluster to a served model" in tutorial
    assert 'href="../how-to/bounds.html"' in tutorial


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("vertex.md", "../how-to/google-cloud.md"),
        ("README.md#a-canary", "kubeflow.md#a-canary"),
        ("../docs/how-to/bounds.md", "../how-to/bounds.md"),
        ("../schema/pipeline.schema.json", "../schema/pipeline.schema.json"),
        ("https://example.com/README.md", "https://example.com/README.md"),
        ("#a-canary", "#a-canary"),
        ("../pyproject.toml", "../pyproject.toml"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(link: str, there: str) -> None:
    assert linked(f"See [that]({link}).", "kubeflow", "tutorials/kubeflow.md") == f"See [that]({there})."
