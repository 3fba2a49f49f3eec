"""Libraries without what nobody uses, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from widedeep.components.common.process.lean_imports import DEFERRED, HOLLOW, UNUSED

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


# The same, whose module says when it is executed.
_USE = """
import importlib, inspect, sys
from pathlib import Path
from widedeep.components.common.process import lean_imports
folder, name = Path(sys.argv[1]), sys.argv[2]
path = folder.joinpath(*name.split("."))
path.mkdir(parents=True, exist_ok=True)
for above in path.parents:
    if folder in above.parents:
        (above / "__init__.py").touch()
(path / "__init__.py").write_text("print('executed')\\nvalue = 1")
sys.path.insert(0, str(folder))
for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == name.split(".")[0]]:
    del sys.modules[loaded]
lean_imports.install()
module = importlib.import_module(name)
# TensorFlow does so whenever it traces a function.
inspect.getmodule(type("Unknown", (), {"__module__": "nowhere"}))
print(name in sys.modules)
print(module.value)
print(getattr(module, "other", "has no other"))
"""


def answer(folder: object, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", _TRIAL, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    ("module", "package"), [(module, package) for module, packages in UNUSED.items() for package in packages]
)
def test_a_library_does_without_and_others_have_it(tmp_path, module: str, package: str) -> None:
    assert answer(tmp_path, "after", module, package) == ["False", "1", "1"]


def lines(folder: object, name: str) -> list[str]:
    command = [sys.executable, "-P", "-c", _USE, str(folder), name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("name", sorted(DEFERRED))
def test_a_deferred_module_is_executed_at_its_first_use(tmp_path, name: str) -> None:
    assert lines(tmp_path, name) == ["True", "executed", "1", "has no other"]


@pytest.mark.parametrize("name", sorted(HOLLOW))
def test_a_hollow_module_is_never_executed(tmp_path, name: str) -> None:
    assert lines(tmp_path, name) == ["True", "None", "None"]


# What takes longest of what is left out.
_LARGE = ("IPython", "ipywidgets", "keras_tuner", "kubernetes", "nltk.data", "scipy.ndimage", "scipy.stats", "sklearn")


def test_those_modules_are_still_where_tfx_and_tfma_import_them() -> None:
    code = "from widedeep.components.common.process import lean_imports as l; l.install(); import sys, tfx.components; "
    code += "import tensorflow_model_analysis as tfma; print(sorted((l.DEFERRED | l.HOLLOW) & set(sys.modules))); "
    code += f"print([name for name in {_LARGE} if name in sys.modules]); "
    code += "print(tfma.metrics is not None, tfma.view.render_slicing_metrics is not None); "
    code += "from tfx.components.tuner.component import Tuner; print(Tuner.__name__)"
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [str(sorted(DEFERRED | HOLLOW)), "[]", "True True", "Tuner"]


def test_threads_that_look_at_once_find_a_deferred_module_whole(tmp_path) -> None:
    (tmp_path / "nltk.py").write_text("import time\ntime.sleep(0.3)\nvalue = 1\n")
    code = "import sys; sys.path.insert(0, sys.argv[1]); from widedeep.components.common.process import lean_imports; "
    code += "lean_imports.install(); import nltk; from concurrent.futures import ThreadPoolExecutor as P; "
    code += "print([*P(4).map(lambda _: nltk.value, range(4))])"
    command = [sys.executable, "-P", "-c", code, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[1, 1, 1, 1]"


def test_where_it_is_there_already_nothing_changes(tmp_path) -> None:
    assert answer(tmp_path, "before", "keras.src.wrappers", "sklearn") == ["True", "1", "1"]


def test_garbage_is_looked_for_less_often() -> None:
    code = "import gc; from widedeep.components.common.process import lean_imports as l; b = gc.get_threshold(); "
    code += "l.install(); print(gc.get_threshold()[0] > 10 * b[0], gc.get_threshold()[1:] == b[1:], gc.isenabled())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True", "True"]


@pytest.mark.parametrize(("lean", "looked"), [("l.install(); ", ""), ("", "looked\n")])
def test_nor_when_python_ends(lean: str, looked: str) -> None:
    code = f"from widedeep.components.common.process import lean_imports as l; {lean}\n"
    code += "class Lost:\n  def __del__(self):\n    print('looked', flush=True)\n"
    code += "lost = Lost()\nlost.itself = lost\ndel lost"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == looked
