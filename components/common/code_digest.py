"""A digest of the code behind a function, for cache keys.

TFX's cache key of a component holds its inputs and parameters, not the code that a dotted function name points
to. Whoever builds the pipeline passes this digest as a parameter, so that changed code never meets a stale cache.

Any byte counts, a comment's too: a step that runs once too often costs minutes, a stale result costs trust. Only
`import` statements are followed, wherever they stand in a module; a name that importlib gets at run time is not.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

# Not resolved: in a checkout the parts of `widedeep` are links.
_ROOT = Path(__file__).absolute().parents[3]
_OURS = "widedeep"
# Their versions change what the same code of ours computes.
_LIBRARIES = ("pyarrow", "tensorflow", "tensorflow-data-validation", "tensorflow-transform", "tfx", "tfx-bsl")


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
        digest.update(f"{library}=={metadata.version(library)}\n".encode())
    for path in sorted(_import_closure(module, root)):
        code = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(code)
    return digest.hexdigest()[:16]


def _import_closure(module: str, root: Path) -> set[Path]:
    queue, closure = list(_with_parents(module)), set()
    while queue:
        name = queue.pop()
        path = _file(name, root)
        if path is not None and path not in closure:
            closure.add(path)
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            queue += _imports(path.read_bytes(), package)
    return closure


def _file(module: str, root: Path) -> Path | None:
    base = root.joinpath(*module.split("."))
    # As Python has it: a package goes before a module of the same name.
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


# What the digests of a pipeline's steps reach is mostly the same.
@lru_cache(maxsize=1024)
def _imports(code: bytes, package: str) -> frozenset[str]:
    """The dotted names of ours that the import statements of a package's module may load."""
    reached: set[str] = set()
    for node in ast.walk(ast.parse(code)):
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


def _with_parents(name: str) -> Iterator[str]:
    """Importing a.b.c runs a and a.b as well."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
