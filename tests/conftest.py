"""What holds for all tests: property tests that give the same answer every time, and where the time goes."""

from __future__ import annotations

import fcntl
import gc
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import forked
import memory_disk
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from widedeep.components.common.process import lean_imports

lean_imports.install()
# What is imported and collected stays: see pytest_collection_finish.
gc.disable()
# Before anything is written. Whoever wants to look at it afterwards sets TMPDIR.
IN_MEMORY = memory_disk.make()
# Beam makes option parsers by the hundred, whose every word would be looked up in message catalogues.
os.environ["LANGUAGE"] = "C"

E2E = PurePosixPath("tests/e2e")
# Slices of data sets whose models are pushed once for all that look at them.
SLICES = {folder.name for folder in Path(__file__).parent.joinpath("e2e").iterdir() if folder.is_dir()}

# What trains models, runs Beam for long, or starts servers, databases and browsers has no place in `make check`. The
# end of `make test` says what takes how long.
SLOW = (
    "benchmarks/serving/test_malformed_requests.py",
    "components/common/test_errors.py",
    "components/dryrun/servers/test_servers.py",
    "components/dryrun/servers/test_spare.py",
    "components/evaluator/test_evaluator_executor.py",
    "components/examples/test_reading_workers.py",
    "components/explain",
    "components/features/test_curated_schemas.py",
    "components/ingest/negatives/test_negative_rows.py",
    "components/ingest/test_ingest_executor.py",
    "components/ingest/test_ingest_sql.py",
    "components/scoring/test_score_files.py",
    "components/scoring/test_score_kills.py",
    "components/statistics/test_statistics_executor.py",
    "components/trainer/test_ablation.py",
    "components/trainer/test_boosted_trees.py",
    "components/trainer/test_estimator.py",
    "components/trainer/test_label_kinds.py",
    "components/trainer/export",
    "components/trainer/test_run_fn.py",
    "components/trainer/test_tuner_fn.py",
    "components/trainer/training",
    "components/trainer/warm_start",
    "components/trainer/workers",
    "components/transform",
    "components/tuner",
    "packaging",
    "pipeline/commands/models/test_score_command.py",
    "pipeline/commands/models/test_score_jobs.py",
    "pipeline/datasets/test_dataset_movielens.py",
    "pipeline/datasets/test_dataset_prepare.py",
    "pipeline/drafting/test_draft.py",
    "pipeline/drafting/test_draft_transform.py",
    "pipeline/gc/test_gc_cluster.py",
    "pipeline/gc/test_gc_laws.py",
    "pipeline/interface",
    "pipeline/kubeflow/step/test_subprocess_executor.py",
    "pipeline/kubeflow/workers/test_real_pods.py",
    "pipeline/report/test_report_browser.py",
    "processes",
    "serving/standin/models",
    "serving/standin/test_standin_server.py",
)

# `make fuzz` tries so many times the examples, and others each time.
FUZZ = 10
LONGEST = 15

# How long an example takes says something of the machine alone.
_ANY_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("repeatable", derandomize=True, **_ANY_MACHINE)
settings.register_profile("fuzz", **_ANY_MACHINE)
# Before any test is imported: it is then that a test's own settings take over what they leave open.
settings.load_profile("repeatable")


class Together(LoadScopeScheduling):
    """One process runs all tests that share what is made once: see `scope`."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """The tests of a file, or of a folder in tests/e2e and those beside it whose one parameter is the folder's name."""
    file, _, test = nodeid.partition("::")
    folder, parameter = PurePosixPath(file).parent, re.search(r"\[(\w+)\]$", test)
    if folder == E2E and parameter and parameter[1] in SLICES:
        return str(folder / parameter[1])
    return str(folder) if folder.parent == E2E else file


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: while a test waits for a server, a disk or a clock, another one has its core."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    places = [Path(__file__).parent / place for place in SLOW]
    slow = {path: any(map(path.is_relative_to, places)) for path in {item.path for item in items}}
    for item in items:
        if slow[item.path]:
            item.add_marker(pytest.mark.slow)
        if config.getoption("--hypothesis-profile") == "fuzz" and isinstance(item, pytest.Function):
            explore(item)
    # The longest first, so that no process is left alone with one in the end.
    items.sort(key=lambda item: not item.get_closest_marker("e2e"))


def pytest_collection_finish() -> None:
    """Pipelines that tests build themselves are built as those of a run are, where any test has imported Beam."""
    if "apache_beam" in sys.modules:
        from widedeep.components.common.process import beam_memos

        beam_memos.install()
    # All modules and tests stay: looking through them again and again for garbage costs a tenth of the time.
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all of xdist's workers, whose folders lie beside each other in it."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@pytest.fixture(scope="session")
def made_once(shared_folder: Path) -> Callable[[str, Callable[[Path], None]], Path]:
    """A folder of a name that one of xdist's workers fills, for all of them to read."""

    def made(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = shared_folder / f"once-{name}", shared_folder / f"once-{name}.done"
        with (shared_folder / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def forkserver(shared_folder: Path) -> Iterator[None]:
    """Forks the processes of `forked.Popen`."""
    with forked.serving(shared_folder):
        yield


@pytest.fixture
def forked_commands(forkserver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has what a test, or what it tests, starts of our own commands forked."""
    monkeypatch.setattr(subprocess, "Popen", forked.Popen)


def explore(item: pytest.Function) -> None:
    """Has a property test try more examples; others are left as they are."""
    test = getattr(item.obj, "__func__", item.obj)
    given: settings | None = getattr(test, "_hypothesis_internal_use_settings", None)
    if given:
        more = settings(given, max_examples=FUZZ * given.max_examples)
        test._hypothesis_internal_use_settings = more


def pytest_unconfigure() -> None:
    if IN_MEMORY:
        memory_disk.remove(IN_MEMORY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which files took longest, set-up and tear-down included."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.location[0]] += report.duration
    if not seconds:
        return
    terminalreporter.section("seconds by file")
    for file, took in seconds.most_common(LONGEST):
        terminalreporter.write_line(f"{took:7.1f}  {file}")
    terminalreporter.write_line(f"{seconds.total():7.1f}  all {len(seconds)} files")
