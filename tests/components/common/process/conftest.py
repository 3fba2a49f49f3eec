"""Fixtures of the tests of processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from widedeep.components.common.process.forked_worker import server


@pytest.fixture
def worker_server_ends() -> Iterator[None]:
    """No worker's server runs before a test, nor after it."""
    server.end()
    yield
    server.end()
