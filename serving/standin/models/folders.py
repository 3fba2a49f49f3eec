"""The versions in a model's base folder, and which of them its policy asks for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

Policy: TypeAlias = FileSystemStoragePathSourceConfig.ServableVersionPolicy
Fingerprint = frozenset[tuple[str, int, int]]
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")
_LARGEST = 2**63 - 1


def versions(base: Path) -> dict[int, Path]:
    """The folders whose name is a number, and that hold a graph: one without is still being written.

    Raises:
        OSError: the base folder can't be read.
    """
    folders: dict[int, Path] = {}
    for folder in sorted(base.iterdir()):
        name = folder.name
        if name.isascii() and name.isdigit() and int(name) <= _LARGEST and _has_graph(folder):
            folders.setdefault(int(name), folder)
    return folders


def _has_graph(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _GRAPHS)


def policy_choice(policy: Policy, versions: Iterable[int]) -> set[int]:
    """The versions to serve, of those that there are: without a policy the latest one."""
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return set(versions)
    if kind == "specific":
        return set(versions) & set(policy.specific.versions)
    return set(sorted(versions)[-max(policy.latest.num_versions, 1) :])


def fingerprint(folder: Path) -> Fingerprint:
    """Every file with its size and time, by which a folder that failed is seen to have changed."""
    files = set()
    for file in folder.rglob("*"):
        try:
            status = file.stat()
        except OSError:  # gone since it was listed
            continue
        files.add((str(file.relative_to(folder)), status.st_size, status.st_mtime_ns))
    return frozenset(files)
