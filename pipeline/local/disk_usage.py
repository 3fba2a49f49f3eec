"""How much lies on the disk."""

from __future__ import annotations

from pathlib import Path

_UNITS = ("B", "kB", "MB", "GB", "TB")


def on_disk(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where there is nothing."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() or file.is_symlink())


def shown(count: int) -> str:
    """Bytes as people read them: 12 B, 3.4 MB."""
    size, unit = float(count), 0
    while round(size, 1) >= 1000 and unit + 1 < len(_UNITS):
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{count} B"
