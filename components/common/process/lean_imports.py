"""What libraries import for nobody is left out, and Python looks for garbage less often meanwhile.

Some look whether another package is there, for a wrapper or an adapter that nobody here uses, and take in all of it
where it is: scikit-learn, pandas, IPython, the clients of BigQuery and MongoDB. They do without where it seems absent.
And what is imported stays, nearly a million objects, through which Python would look for garbage again and again, on
the way and later on.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# What each of these modules looks for.
UNUSED = {
    "apache_beam.io.gcp.bigquery_tools": "google.cloud.bigquery",
    # MongoDB's client.
    "apache_beam.io.mongodbio": "bson",
    "keras.src.saving.file_editor": "IPython",
    "keras.src.trainers.data_adapters.array_slicing": "pandas",
    "keras.src.wrappers": "sklearn",
    "nltk": "sklearn",
}
# New objects of which none was freed, until Python looks through the youngest (700 by default).
_COLLECT_AFTER = 50_000


def install() -> None:
    """Has what this process imports from now on do without. To be called any number of times."""
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        unused = UNUSED.get(name)
        if unused is None or unused in sys.modules:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _Without(unused, spec.loader)
        return spec


class _Without(Loader):
    """Executes a module, and what it imports, as if a package were not there."""

    def __init__(self, package: str, loader: Loader) -> None:
        self._package, self._loader = package, loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Python's own sign that a module can't be imported.
        sys.modules[self._package] = None  # type: ignore[assignment]
        try:
            self._loader.exec_module(module)
        finally:
            del sys.modules[self._package]
