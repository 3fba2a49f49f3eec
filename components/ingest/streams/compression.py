"""What a file is packed by, which its first bytes say: its name may say nothing, or too much."""

from __future__ import annotations

import re

import pyarrow as pa

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.paths import locate

# What files begin with: no text, and no TFRecord of rows of an ordinary length, begins so. These Arrow can unpack.
_COMPRESSIONS = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    # A block, or none in an empty file.
    "bz2": re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)"),
    # A frame, or what parallel packers write before it.
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}
_FOREIGN = {
    "zip": re.compile(rb"PK(\x03\x04|\x05\x06)"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "7z": re.compile(rb"7z\xbc\xaf\x27\x1c"),
    "lz4": re.compile(rb"\x04\x22\x4d\x18"),
    "Snappy": re.compile(rb"\xff\x06\0\0sNaPpY"),
}
MAGIC_BYTES = 16


def compression_of(path: str) -> str | None:
    """What a file is packed by, in Arrow's words.

    Raises:
        DataError: it is packed by what can't be unpacked here.
    """
    filesystem, inner = locate(path)
    with filesystem.open_input_stream(inner, compression=None) as stream:
        start = stream.read(MAGIC_BYTES)
    foreign = next((name for name, magic in _FOREIGN.items() if magic.match(start)), None)
    if foreign:
        raise DataError(f"{path}: is packed by {foreign}: unpack it, or pack it by gzip, bzip2 or Zstandard.")
    return compression_by(start)


def compression_by(start: bytes) -> str | None:
    """The same of its first bytes themselves, of which MAGIC_BYTES are enough."""
    return next((name for name, magic in _COMPRESSIONS.items() if magic.match(start)), None)


def open_stream(path: str, must_be: str | None = None) -> pa.NativeFile:
    """The file's bytes, unpacked where they begin as gzip, bzip2 or Zstandard do.

    Args:
        path: the file's.
        must_be: what it has to be packed by; None: it need not be.

    Raises:
        DataError: it is packed by something else.
    """
    packed = compression_of(path)
    filesystem, inner = locate(path)
    if must_be and packed != must_be and filesystem.get_file_info(inner).size:
        what = f"is packed by {packed}" if packed else "is not packed"
        raise DataError(
            f"{path}: {what} by its first bytes, and data.compression is {must_be}: leave that out, and each file is "
            "read as its bytes say."
        )
    return filesystem.open_input_stream(inner, compression=packed)
