"""Digests of files' contents, kept so that a file that has not changed is not read again.

A digest is kept beside what the file system says of the file: its size, its inode, and the nanosecond times of the last
change of its content and of its status (ctime). Tools that restore the former (cp -p, rsync -t, reproducible builds)
can't set the latter. A file that changed moments ago may change again within the same tick of its file system's clock,
so that its digest is told but not kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pydantic import Field

from widedeep.components.common.errors import DataError, RecordError, reason
from widedeep.components.common.records import Record

# Twice the coarsest clock that file systems in use have (FAT's).
_SETTLED_NS = 4_000_000_000


class Digest(Record):
    """A file's digest, and how it stood when it was read."""

    size: int = Field(description="bytes")
    inode: int = Field(description="of the file")
    mtime_ns: int = Field(description="last change of the content, in nanoseconds since 1970")
    ctime_ns: int = Field(description="last change of the status, in nanoseconds since 1970")
    sha256: str = Field(description="of the content, in hex")

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file that stands so is the one that was read."""
        return (self.size, self.inode, self.mtime_ns, self.ctime_ns) == _standing(status)


class FileDigests(Record):
    """The digests of files, by path."""

    files: dict[str, Digest] = Field(description="by path")


def content_digests(paths: Sequence[str], kept_in: str) -> list[str]:
    """What tells each file's content, in the order of the paths.

    Of a file in an object store that is the checksum that the store keeps of it (crc32c in Google's), and where it
    keeps none, its size and time of change, which the store sets itself.

    Args:
        paths: of files here, or addresses ("gs://...").
        kept_in: the file with the digests of earlier calls, or its address; it need not be there.

    Raises:
        DataError: a file can't be read.
    """
    kept = _kept(kept_in)
    paths = [path.removeprefix("file://") for path in paths]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(lambda path: _told(path, kept.get(path)), paths))
    now = kept | {path: digest for path, digest in zip(paths, told, strict=True) if isinstance(digest, Digest)}
    if now != kept:
        try:
            FileDigests(files={path: digest for path, digest in now.items() if os.path.exists(path)}).write(kept_in)
        except OSError as error:
            logging.warning("%s: can't be written, so the data are read again next time: %s", kept_in, reason(error))
    return [digest.sha256 if isinstance(digest, Digest) else digest for digest in told]


def _kept(path: str) -> dict[str, Digest]:
    try:
        return FileDigests.read(path).files
    except RecordError as error:
        logging.info("no digests of earlier runs: %s", error)
        return {}


def _told(path: str, kept: Digest | None) -> Digest | str:
    """A digest to be kept, or what is told of the content this time."""
    if "://" in path:
        return _told_by_store(path)
    try:
        return _read(path, kept)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or reason(error)}.") from None


def _told_by_store(path: str) -> str:
    # Only here, since most files lie in folders.
    import tensorflow as tf
    from apache_beam.io.filesystem import BeamIOError
    from apache_beam.io.filesystems import FileSystems

    try:
        checksum = FileSystems.checksum(path)
    except (BeamIOError, ValueError, NotImplementedError) as error:  # ValueError: Beam knows no such store
        logging.info("%s: no checksum: %s", path, reason(error))
    else:
        if checksum:
            return f"checksum {checksum}"
    status = tf.io.gfile.stat(path)
    return f"{status.length} bytes of {status.mtime_nsec}"


def _read(path: str, kept: Digest | None) -> Digest | str:
    started = time.time_ns()
    with open(path, "rb") as file:
        before = os.fstat(file.fileno())
        if kept is not None and kept.is_of(before):
            return kept
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if max(before.st_mtime_ns, before.st_ctime_ns) >= started - _SETTLED_NS:
        return sha256
    # As it stood before: a file that changed meanwhile stands otherwise now.
    size, inode, mtime_ns, ctime_ns = _standing(before)
    return Digest(size=size, inode=inode, mtime_ns=mtime_ns, ctime_ns=ctime_ns, sha256=sha256)


def _standing(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
