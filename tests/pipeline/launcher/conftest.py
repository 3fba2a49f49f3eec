"""A running JobManager."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from job_manager import JobManager


@pytest.fixture
def job_manager() -> Iterator[JobManager]:
    manager = JobManager()
    thread = threading.Thread(target=manager.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield manager
    manager.server.shutdown()
    thread.join()
    manager.server.server_close()
