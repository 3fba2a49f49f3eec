"""A digest of the code behind a function, for cache keys.

TFX's cache key of a component holds its inputs and parameters, not the code that a dotted function name points
to. Whoever builds the pipeline passes this digest as a parameter, so that changed code never meets a stale cache.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_OURS = "components"
# Their versions change what the same code of ours computes.
_LIBRARIES = ("tensorflow", "tensorflow-transform", "tfx")


def code_digest(module: str) -> str:
    """Hex digest of a module, all modules of ours that it imports, however deep, and the libraries' versions.

    Args:
        module: dotted name, as "components.trainer.run".
    """
    digest = hashlib.sha256()
    for library in _LIBRARIES:
        digest.update(f"{library}=={metadata.version(library)}\n".encode())
    for path in sorted(_reached(module)):
        digest.update(f"{path.relative_to(_ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _reached(module: str) -> set[Path]:
    todo, seen = [module], set()
    while todo:
        path = _file(todo.pop())
        if path is not None and path not in seen:
            seen.add(path)
            todo += _imports(path)
    return seen


def _file(module: str) -> Path | None:
    base = _ROOT.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from a import b` reaches a, and b where it is a module.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == _OURS:
                # Importing a.b.c runs a and a.b as well.
                yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
