"""The digest changes with the code that a module reaches, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common import code_digest as module
from widedeep.components.common.code_digest import code_digest

TREE = {
    "components/__init__.py": "",
    "components/a/__init__.py": "",
    "components/a/run.py": "import json\nfrom components.b import used\n",
    "components/b/__init__.py": '"""b"""',
    "components/b/used.py": "def f():\n    import components.c\n",
    "components/b/unused.py": "x = 1",
    "components/c.py": "from .d import g\nfrom . import e\n",
    "components/d/__init__.py": "from .g import g\nfrom ..f import h",
    "components/d/g.py": "g = 1",
    "components/d/other.py": "",
    "components/e.py": "",
    "components/f.py": "h = 1",
    "pipeline/create.py": "import components.a.run",
    "json.py": "",
}
REACHED = [
    "components/__init__.py",
    "components/a/__init__.py",
    "components/a/run.py",
    "components/b/__init__.py",
    "components/b/used.py",
    "components/c.py",
    "components/d/__init__.py",
    "components/d/g.py",
    "components/e.py",
    "components/f.py",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, code in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    return tmp_path


@pytest.mark.parametrize("name", TREE)
def test_changes_with_what_is_reached_alone(tree: Path, name: str) -> None:
    before = code_digest("components.a.run", tree)
    with (tree / name).open("a") as file:
        file.write("\n# a comment counts\n")
    assert (code_digest("components.a.run", tree) != before) == (name in REACHED)


def test_is_the_same_in_another_folder(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "deeper"
    tree_digest = code_digest("components.a.run", tree)
    tree.rename(other)
    assert code_digest("components.a.run", other) == tree_digest


def test_moved_code_counts(tree: Path) -> None:
    # Without a length, the end of one file and the start of the next could change places.
    before = code_digest("components.a.run", tree)
    (tree / "components/e.py").write_text("h = 1")
    (tree / "components/f.py").write_text("")
    assert code_digest("components.a.run", tree) != before


def test_package_goes_before_module(tree: Path) -> None:
    (tree / "components/e").mkdir()
    (tree / "components/e/__init__.py").write_text("")
    before = code_digest("components.a.run", tree)
    (tree / "components/e.py").write_text("not read by Python any more")
    assert code_digest("components.a.run", tree) == before


def test_library_version_counts(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest("components.a.run", tree)
    real: Callable[[str], str] = module.metadata.version
    monkeypatch.setattr(module.metadata, "version", lambda name: "0" if name == "tensorflow" else real(name))
    assert code_digest("components.a.run", tree) != before


def test_unknown_module(tree: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"'components\.a\.rnu' is no module under .*: there is no code"):
        code_digest("components.a.rnu", tree)


@pytest.mark.parametrize(
    "module",
    [
        "components.ingest.executor",
        "components.gate.component",
        "components.transform.preprocessing",
        "components.trainer.run",
    ],
)
def test_of_our_steps(module: str) -> None:
    assert len(code_digest(module)) == 16
