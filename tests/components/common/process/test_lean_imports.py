"""TensorFlow without what nobody uses, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

# A package in Keras' place, which looks for scikit-learn as Keras' wrappers do.
_TRIAL = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
wrappers = folder / "keras" / "src" / "wrappers"
wrappers.mkdir(parents=True)
for package in (folder / "keras", folder / "keras" / "src"):
    (package / "__init__.py").touch()
(wrappers / "__init__.py").write_text("from keras.src.wrappers.fixes import found")
(wrappers / "fixes.py").write_text("try:\\n  import sklearn\\n  found = True\\nexcept ImportError:\\n  found = False")
sys.path.insert(0, str(folder))
(folder / "sklearn.py").write_text("version = 1")
if sys.argv[2] == "before":
    import sklearn
from widedeep.components.common.process import lean_imports
lean_imports.install()
lean_imports.install()
from keras.src.wrappers import found
import sklearn
print(found, sklearn.version, len([finder for finder in sys.meta_path if type(finder).__name__ == "_Finder"]))
"""


def answer(folder: object, when: str) -> list[str]:
    ran = subprocess.run([sys.executable, "-c", _TRIAL, str(folder), when], capture_output=True, text=True, check=True)
    return ran.stdout.split()


def test_keras_does_without_scikit_learn_and_others_have_it(tmp_path) -> None:
    assert answer(tmp_path, "after") == ["False", "1", "1"]


def test_where_scikit_learn_is_there_already_nothing_changes(tmp_path) -> None:
    assert answer(tmp_path, "before") == ["True", "1", "1"]
