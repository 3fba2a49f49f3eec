"""What libraries import for nobody is left out, and Python looks for garbage less often meanwhile.

Some look whether another package is there, for a wrapper or an adapter that nobody here uses, and take in all of it
where it is: scikit-learn, pandas, IPython, the clients of BigQuery and MongoDB. They do without where it seems absent.
Others import a whole toolkit for what nobody here calls, as TFMA that of notebooks. And what is imported stays, nearly
a million objects, through which Python would look for garbage again and again, on the way, later on, and at its end.
"""

from __future__ import annotations

import atexit
import gc
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# What each of these modules looks for.
UNUSED = {
    "apache_beam.io.gcp.bigquery_tools": ("google.cloud.bigquery",),
    "apache_beam.io.gcp.pubsub": ("google.cloud.pubsub",),
    # MongoDB's client.
    "apache_beam.io.mongodbio": ("bson",),
    "keras.src.saving.file_editor": ("IPython",),
    "keras.src.trainers.data_adapters.array_slicing": ("pandas",),
    "keras.src.wrappers": ("sklearn",),
    "keras_tuner.src.utils": ("IPython",),
    "tensorflow.python.keras.engine.training_v1": ("scipy.sparse",),
    "tf_keras.src.preprocessing.image": ("scipy.ndimage",),
    # Components that are not in this pipeline, or rarely. Whoever wants one imports its module.
    "tfx.components": (
        "tfx.components.bulk_inferrer.component",
        "tfx.components.example_diff.component",
        "tfx.components.infra_validator.component",
        "tfx.components.model_validator.component",
        "tfx.components.tuner.component",
    ),
}
# Modules that are executed when a name of theirs is first looked up, which nothing does: TFMA's for texts.
DEFERRED = frozenset({"nltk", "rouge_score.rouge_scorer"})
# What draws in notebooks, cuts up texts, or draws samples anew for intervals. Names of these are looked up at once, but
# nothing calls them: each is None.
HOLLOW = frozenset(
    {
        "rouge_score.tokenizers",
        "tensorflow_data_validation.utils.display_util",
        "tensorflow_model_analysis.notebook.visualization",
        # Imports all of SciPy's statistics.
        "tensorflow_model_analysis.utils.math_util",
    }
)
# New objects of which none was freed, until Python looks through the youngest (700 by default).
_COLLECT_AFTER = 200_000


def install() -> None:
    """Has what this process imports from now on do without. To be called any number of times."""
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
        # Python's last look for garbage, as it ends, takes longest, and finds what is lost anyway.
        atexit.register(gc.freeze)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not (name in DEFERRED or name in HOLLOW or name in UNUSED):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _loader(name, spec.loader)
        return spec


def _loader(name: str, loader: Loader) -> Loader:
    if name in DEFERRED:
        return _Later(loader)
    return _Nothing() if name in HOLLOW else _Without(UNUSED[name], loader)


class _Later(Loader):
    """Makes a module that is executed when a name of it is looked up.

    For importlib's LazyLoader each look counts, those of `inspect` included, which asks all modules for their files
    whenever TensorFlow traces a function.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        assert isinstance(module, _Deferred)
        module.defer(self._loader)


class _Deferred(ModuleType):
    def defer(self, loader: Loader) -> None:
        vars(self)["__deferred__"] = threading.RLock(), [loader]

    def __getattr__(self, name: str) -> object:
        # Python looks for names of its own in all modules.
        if name.startswith("__"):
            raise AttributeError(name)
        lock, pending = vars(self)["__deferred__"]
        with lock:
            if pending:
                pending.pop().exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]
        if type(self) is ModuleType:
            return getattr(self, name)
        raise AttributeError(f"module '{self.__name__}', which is being executed, has no attribute '{name}' yet")


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
    """Executes a module, and what it imports, as if some packages were not there; those that are loaded already are."""

    def __init__(self, packages: Sequence[str], loader: Loader) -> None:
        self._packages, self._loader = packages, loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        hidden = [package for package in self._packages if package not in sys.modules]
        # Python's own sign that a module can't be imported.
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
        try:
            self._loader.exec_module(module)
        finally:
            for package in hidden:
                del sys.modules[package]
