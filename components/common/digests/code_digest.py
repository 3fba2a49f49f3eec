"""A digest of the code behind a function, for cache keys.

TFX's cache key of a component holds its inputs and parameters, not the code that a dotted function name points
to. Whoever builds the pipeline passes this digest as a parameter, so that changed code never meets a stale cache.

Any byte counts, a comment's too: a step that runs once too often costs minutes, a stale result costs trust. Only
`import` statements are followed, wherever they stand in a module; a name that importlib gets at run time is not.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

# Not resolved: in a checkout the parts of `widedeep` are links.
_ROOT = Path(__file__).absolute().parents[4]
_OURS = "widedeep"
# Their versions change what the same code of ours computes.
_LIBRARIES = ("pyarrow", "tensorflow", "tensorflow-data-validation", "tensorflow-transform", "tfx", "tfx-bsl")
# The fields in which a statement holds others.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def code_digest(module: str, root: Path = _ROOT) -> str:
    """Hex digest of a module, all modules of ours that it imports, however deep, and the libraries' versions.

    Args:
        module: dotted name, as "widedeep.components.trainer.run".
        root: the folder that `widedeep` lies in.

    Raises:
        ModuleNotFoundError: there is no such module, so that its digest would never change.
    """
    if _file(module, root) is None:
        raise ModuleNotFoundError(f"'{module}' is no module under {root}: there is no code to digest.", name=module)
    digest = hashlib.sha256()
    for library in _LIBRARIES:
        digest.update(f"{library}=={_version(library)}\n".encode())
    closure = _import_closure(module, root)
    # In the order of the paths' parts, whatever character separates them.
    for path in sorted(closure, key=lambda path: path.split("/")):
        digest.update(f"{path}\n".encode())
        digest.update(closure[path])
    return digest.hexdigest()[:16]


# What is installed does not change while a process runs.
@lru_cache
def _version(library: str) -> str:
    return metadata.version(library)


class _Module(NamedTuple):
    """A module of ours: its file's path under the root, its code, and the names that it may load."""

    path: str
    code: bytes
    imports: frozenset[str]


_Known = dict[tuple[Path, str], _Module | None]
_known: ContextVar[_Known | None] = ContextVar("_known", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Has all digests in its context made of the code as the first one that reaches it finds it."""
    known = _known.get()
    token = _known.set({} if known is None else known)
    try:
        yield
    finally:
        _known.reset(token)


def _import_closure(module: str, root: Path) -> dict[str, bytes]:
    """The code of each file that a module reaches, by its path under `root`."""
    known = _known.get()
    modules: _Known = {} if known is None else known
    queue, seen, closure = list(_with_parents(module)), set(), {}
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        if (root, name) not in modules:
            modules[root, name] = _read(name, root)
        reached = modules[root, name]
        if reached is not None:
            closure[reached.path] = reached.code
            queue += reached.imports
    return closure


def _read(name: str, root: Path) -> _Module | None:
    path = _file(name, root)
    if path is None:
        return None
    code = Path(root, path).read_bytes()
    package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
    return _Module(path, code, _imports(code, package))


def _file(module: str, root: Path) -> str | None:
    base = module.replace(".", "/")
    # As Python has it: a package goes before a module of the same name. Thousands are asked for, without pathlib.
    for candidate in (f"{base}/__init__.py", f"{base}.py"):
        if os.path.isfile(f"{root}/{candidate}"):
            return candidate
    return None


# What pipelines reach is mostly the same.
@lru_cache(maxsize=1024)
def _imports(code: bytes, package: str) -> frozenset[str]:
    """The dotted names of ours that the import statements of a package's module may load."""
    reached: set[str] = set()
    for node in _statements(ast.parse(code).body):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = package.split(".")
                source = ".".join([*above[: len(above) + 1 - node.level], *filter(None, [source])])
            # `from a import b` reaches a, and b where it is a module.
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == _OURS:
                reached.update(_with_parents(name))
    return frozenset(reached)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, however deep: an expression holds none."""
    for statement in body:
        yield statement
        for field in _BLOCKS:
            for part in getattr(statement, field, ()):
                # A handler and a case are no statements, and hold some.
                yield from _statements([part] if isinstance(part, ast.stmt) else part.body)


def _with_parents(name: str) -> Iterator[str]:
    """Importing a.b.c runs a and a.b as well."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
