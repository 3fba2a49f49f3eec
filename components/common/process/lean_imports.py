"""What libraries import for nobody is left out, and Python looks for garbage less often meanwhile.

Some look whether another package is there, for a wrapper or an adapter that nobody here uses, and take in all of it
where it is: scikit-learn, pandas, IPython, the clients of BigQuery and MongoDB. They do without where it seems absent.
Others import a whole toolkit for what nobody here calls, as TFMA that of notebooks. And what is imported stays,
nearly a million objects, through which Python would look for garbage again and again, on the way and later on.
"""

from __future__ import annotations

import gc
import importlib.util
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
    "keras_tuner.src.utils": "IPython",
}
# Modules that are executed when something of theirs is first looked up, which nothing does: TFMA's for texts, and TFX's
# for dry runs on Kubernetes.
DEFERRED = frozenset(
    {
        "nltk",
        "rouge_score.rouge_scorer",
        "tfx.components.infra_validator.model_server_runners.kubernetes_runner",
    }
)
# What draws in notebooks, or cuts up texts. Names of these are looked up at once, but nothing calls them: each is None.
HOLLOW = frozenset(
    {
        "rouge_score.tokenizers",
        "tensorflow_data_validation.utils.display_util",
        "tensorflow_model_analysis.notebook.visualization",
    }
)
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
        if not (name in DEFERRED or name in HOLLOW or (unused and unused not in sys.modules)):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _loader(name, spec.loader)
        return spec


def _loader(name: str, loader: Loader) -> Loader:
    if name in DEFERRED:
        return importlib.util.LazyLoader(loader)
    return _Nothing() if name in HOLLOW else _Without(UNUSED[name], loader)


class _Nothing(Loader):
    """Makes a module whose every name is None."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Hollow(ModuleType):
    def __getattr__(self, name: str) -> None:
        # Python looks for names of its own, and does something else where there is none.
        if name.startswith("__"):
            raise AttributeError(name)


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
