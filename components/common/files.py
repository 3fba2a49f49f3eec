"""Writing files whole or not at all: whoever reads one never meets half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file, readable by all, and its folder where there is none. An earlier file is replaced at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def write_if_changed(path: Path, text: str) -> None:
    """The same of a text; an equal file keeps its time, which TFX takes as a fingerprint."""
    content = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
