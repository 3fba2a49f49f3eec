"""What is said of a worker process that ended before its time."""

from __future__ import annotations

import pytest

from widedeep.components.common.process.direct_workers import ended


def test_of_one_that_was_killed_the_memory_is_named() -> None:
    assert ended(-9) == (
        "a worker process of Beam was killed (SIGKILL), as a rule because the machine had no memory left. One process "
        "takes less than one a core: beam.mode: in_memory. The same command tries again, and keeps the steps that were "
        "done."
    )


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (-11, "by SIGSEGV"),
        (1, "with exit code 1"),
        (0, "with exit code 0"),
    ],
)
def test_how_another_ended_is_named(code: int, how: str) -> None:
    assert f"ended {how} before its work was done; the log has what it said." in ended(code)
