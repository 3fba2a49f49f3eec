"""What belongs to a project: one version, a licence, and checks before a commit that exist."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from tools.docs import elsewhere
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Made by a command, from the version.
MADE = {"requirements.lock", "kubeflow/movielens.yaml"}


def test_the_version_stands_in_one_place() -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = re.compile(rf"widedeep\S*[:@=]{re.escape(PROJECT['version'])}|VERSION=\S*{re.escape(PROJECT['version'])}")
    for name in files.split("\0"):
        path = ROOT / name
        if name and path.is_file() and name not in MADE and not name.startswith("tests/"):
            assert not ours.search(path.read_text(errors="ignore")), name


def test_what_needs_the_version_has_it() -> None:
    assert version(PROJECT["name"]) == PROJECT["version"], "set up anew: make setup"
    assert KubeflowOptions().image == f"widedeep-tfx:{PROJECT['version']}"
    done = subprocess.run(["make", "--dry-run", "image"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"--build-arg VERSION={PROJECT['version']} " in done.stdout


def test_the_licence_is_the_one_that_is_declared() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    # The whole of it, with the words on how to apply it.
    assert "9. Accepting Warranty or Additional Liability." in text
    assert text.rstrip().endswith("limitations under the License.")


def test_the_changelog_has_the_version_or_says_that_it_is_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "\n## Unreleased\n" in text
    assert PROJECT["version"] in text


def test_checks_before_a_commit_are_programs_of_the_environment() -> None:
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == ["ruff-format", "ruff", "mypy", "imports"]
    for hook in repository["hooks"]:
        assert (ROOT / hook["entry"].split()[0]).exists(), hook["entry"]
        assert hook["language"] == "system"


@pytest.mark.parametrize("name", sorted(elsewhere.PAGES))
def test_pages_beside_what_they_tell_of_exist(name: str) -> None:
    assert (ROOT / name).is_file()


def test_every_example_is_listed() -> None:
    listed = re.findall(r"`(\w+\.py)`", (ROOT / "examples" / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in (ROOT / "examples").glob("*.py"))
