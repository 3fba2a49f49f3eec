"""How long threads have waited for a processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.dryrun.servers.processor_waits import longest_wait, waits


def test_the_thread_that_waited_longest_counts():
    assert longest_wait({"1": 1.0, "2": 5.0}, {"1": 1.5, "2": 5.25}) == 0.5
    # One that came later, and one that is gone.
    assert longest_wait({"1": 1.0, "2": 5.0}, {"1": 1.25, "3": 0.75}) == 0.75
    assert longest_wait({}, {}) == longest_wait({"1": 1.0}, {}) == 0.0


def test_a_process_that_is_gone_waits_for_nothing():
    process = subprocess.Popen(["true"])
    process.wait()
    assert waits(process.pid) == {}


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the system does not count it")
def test_two_processes_on_one_processor_wait_for_each_other():
    cpu = min(os.sched_getaffinity(0))
    spin = f"import os, time; os.sched_setaffinity(0, {{{cpu}}}); print(flush=True)\nwhile True: pass"
    processes = [subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for process in processes:
            process.stdout.readline()
        before = waits(processes[0].pid)
        with pytest.raises(subprocess.TimeoutExpired):
            processes[0].wait(1.0)
        assert longest_wait(before, waits(processes[0].pid)) > 0.25
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
