"""Libraries without what nobody uses, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from widedeep.components.common.process.lean_imports import UNUSED

# A module in the library's place, which looks for the other package as the library does.
_TRIAL = """
import importlib, sys
from pathlib import Path
folder, when, module, package = Path(sys.argv[1]), *sys.argv[2:]

def write(name, text):
    path = folder.joinpath(*name.split("."))
    for above in [path, *path.parents]:
        if above != folder and folder in above.parents:
            above.mkdir(parents=True, exist_ok=True)
            (above / "__init__.py").touch()
    (path / "__init__.py").write_text(text)

write(module, "from " + module + ".fixes import found")
write(module + ".fixes", f"try:\\n  import {package}\\n  found = True\\nexcept ImportError:\\n  found = False")
write(package, "version = 1")
sys.path.insert(0, str(folder))
# A package of several distributions is there from Python's start.
for name in [name for name in sys.modules if name.split(".")[0] == package.split(".")[0]]:
    del sys.modules[name]
if when == "before":
    importlib.import_module(package)
from widedeep.components.common.process import lean_imports
lean_imports.install()
lean_imports.install()
found = importlib.import_module(module).found
version = importlib.import_module(package).version
print(found, version, len([finder for finder in sys.meta_path if type(finder).__name__ == "_Finder"]))
"""


def answer(folder: object, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", _TRIAL, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(("module", "package"), UNUSED.items())
def test_a_library_does_without_and_others_have_it(tmp_path, module: str, package: str) -> None:
    assert answer(tmp_path, "after", module, package) == ["False", "1", "1"]


def test_where_it_is_there_already_nothing_changes(tmp_path) -> None:
    assert answer(tmp_path, "before", "keras.src.wrappers", "sklearn") == ["True", "1", "1"]


def test_garbage_is_looked_for_less_often() -> None:
    code = "import gc; from widedeep.components.common.process import lean_imports as l; b = gc.get_threshold(); "
    code += "l.install(); print(gc.get_threshold()[0] > 10 * b[0], gc.get_threshold()[1:] == b[1:], gc.isenabled())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True", "True"]
