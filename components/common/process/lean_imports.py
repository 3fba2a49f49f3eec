"""What TensorFlow imports for nobody is left out: a fifth of the time that its import takes.

Keras 3, which TensorFlow imports, looks whether scikit-learn is there, for wrappers in its style. Where it is, that
takes in most of it and of SciPy. Here nobody uses the wrappers, which do without where it seems absent.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_WRAPPERS = "keras.src.wrappers"
_UNUSED = "sklearn"


def install() -> None:
    """Has what this process imports from now on do without. To be called any number of times."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _WRAPPERS or _UNUSED in sys.modules:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _Without(spec.loader)
        return spec


class _Without(Loader):
    """Executes a module, and what it imports, as if there were no scikit-learn."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Python's own sign that a module can't be imported.
        sys.modules[_UNUSED] = None  # type: ignore[assignment]
        try:
            self._loader.exec_module(module)
        finally:
            del sys.modules[_UNUSED]
