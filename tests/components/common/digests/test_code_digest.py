"""The digest changes with the code that a module reaches, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common.digests import code_digest as module
from widedeep.components.common.digests.code_digest import code_digest, reading_once

TREE = {
    "widedeep/__init__.py": "",
    "widedeep/components/__init__.py": "",
    "widedeep/components/a/__init__.py": "",
    "widedeep/components/a/run.py": "import json\nfrom widedeep.components.b import used\n",
    "widedeep/components/b/__init__.py": '"""b"""',
    "widedeep/components/b/used.py": "def f():\n    import widedeep.components.c\n",
    "widedeep/components/b/unused.py": "x = 1",
    "widedeep/components/c.py": "from .d import g\nfrom . import e\n",
    "widedeep/components/d/__init__.py": "from .g import g\nfrom ..f import h",
    "widedeep/components/d/g.py": "g = 1",
    "widedeep/components/d/other.py": "",
    "widedeep/components/e.py": "",
    "widedeep/components/f.py": "h = 1",
    "widedeep/pipeline/create.py": "import widedeep.components.a.run",
    "json.py": "",
}
REACHED = [
    "widedeep/__init__.py",
    "widedeep/components/__init__.py",
    "widedeep/components/a/__init__.py",
    "widedeep/components/a/run.py",
    "widedeep/components/b/__init__.py",
    "widedeep/components/b/used.py",
    "widedeep/components/c.py",
    "widedeep/components/d/__init__.py",
    "widedeep/components/d/g.py",
    "widedeep/components/e.py",
    "widedeep/components/f.py",
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
    before = code_digest("widedeep.components.a.run", tree)
    with (tree / name).open("a") as file:
        file.write("\n# a comment counts\n")
    assert (code_digest("widedeep.components.a.run", tree) != before) == (name in REACHED)


def test_is_the_same_in_another_folder(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "deeper"
    tree_digest = code_digest("widedeep.components.a.run", tree)
    tree.rename(other)
    assert code_digest("widedeep.components.a.run", other) == tree_digest


def test_moved_code_counts(tree: Path) -> None:
    # Without a length, the end of one file and the start of the next could change places.
    before = code_digest("widedeep.components.a.run", tree)
    (tree / "widedeep/components/e.py").write_text("h = 1")
    (tree / "widedeep/components/f.py").write_text("")
    assert code_digest("widedeep.components.a.run", tree) != before


def test_package_goes_before_module(tree: Path) -> None:
    (tree / "widedeep/components/e").mkdir()
    (tree / "widedeep/components/e/__init__.py").write_text("")
    before = code_digest("widedeep.components.a.run", tree)
    (tree / "widedeep/components/e.py").write_text("not read by Python any more")
    assert code_digest("widedeep.components.a.run", tree) == before


@pytest.mark.parametrize(
    "code",
    [
        "if x:\n    {}",
        "if x:\n    pass\nelif y:\n    {}",
        "for x in y:\n    pass\nelse:\n    {}",
        "while x:\n    {}",
        "with x:\n    {}",
        "try:\n    {}\nfinally:\n    pass",
        "try:\n    pass\nexcept E:\n    {}",
        "try:\n    pass\nexcept* E:\n    {}",
        "try:\n    pass\nexcept E:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "match x:\n    case 1:\n        {}",
        "class C:\n    async def f():\n        async with x:\n            {}",
        "x = 1; {}",
    ],
)
def test_an_import_counts_wherever_it_stands(tree: Path, code: str) -> None:
    (tree / "widedeep/components/f.py").write_text(code.format("import widedeep.components.b.unused"))
    before = code_digest("widedeep.components.a.run", tree)
    (tree / "widedeep/components/b/unused.py").write_text("x = 2")
    assert code_digest("widedeep.components.a.run", tree) != before


def test_library_version_counts(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest("widedeep.components.a.run", tree)
    real: Callable[[str], str] = module._version
    monkeypatch.setattr(module, "_version", lambda name: "0" if name == "tensorflow" else real(name))
    assert code_digest("widedeep.components.a.run", tree) != before


def test_within_one_reading_code_stays_as_it_was_found(tree: Path) -> None:
    used, unused = (tree / f"widedeep/components/b/{name}.py" for name in ("used", "unused"))
    with reading_once():
        before = code_digest("widedeep.components.a.run", tree)
        used.write_text("x = 3")
        unused.write_text("x = 3")
        with reading_once():
            assert code_digest("widedeep.components.a.run", tree) == before
        # What none has reached yet is read.
        of_unused = code_digest("widedeep.components.b.unused", tree)
    assert code_digest("widedeep.components.a.run", tree) != before
    assert code_digest("widedeep.components.b.unused", tree) == of_unused


def test_unknown_module(tree: Path) -> None:
    with pytest.raises(
        ModuleNotFoundError, match=r"'widedeep\.components\.a\.rnu' is no module under .*: there is no code"
    ):
        code_digest("widedeep.components.a.rnu", tree)


@pytest.mark.parametrize(
    "module",
    [
        "widedeep.components.ingest.executor",
        "widedeep.components.gate.component",
        "widedeep.components.transform.executor",
        "widedeep.components.trainer.worker",
    ],
)
def test_of_our_steps(module: str) -> None:
    assert len(code_digest(module)) == 16
