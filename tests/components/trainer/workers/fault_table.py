"""The table of faults in docs/how-to/workers.md: the documented words are those that the tests of workers expect."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
_HEAD = "| what happened |"
_ANYTHING = "…"

# What happened, as the table has it.
KILLED = "a worker was killed (kill -9)"
CHIEF_KILLED = "the chief, worker 0, was killed (kill -9)"
INTERRUPTED = "the run was interrupted (Ctrl-C)"
RUN_KILLED = "the run was ended (SIGTERM) or killed (kill -9)"
NO_NUMBER = "the numbers of a row were none, and the chief did not read it"
POD_FAILED = "on a cluster, a pod failed"
API_AWAY = "on a cluster, the API was away: 5xx, 429, time-outs, refused connections"
API_GONE = "… for longer"
EXECUTOR_KILLED = "on a cluster, the step's executor alone was killed (it had too little memory)"
STEP_ENDED = "on a cluster, the step was ended (SIGTERM)"
STEP_KILLED = "on a cluster, the step was killed (kill -9)"

_LOST = "tests/components/trainer/workers/test_lost_workers.py"
_KUBEFLOW = "tests/pipeline/kubeflow"
_POD, _API = f"{_KUBEFLOW}/workers/test_team.py", f"{_KUBEFLOW}/workers/test_patience.py"
# The tests that look at each.
SHOWN_BY = {
    KILLED: (_LOST, "test_a_killed_worker_ends_the_training_in_words_and_the_same_call_carries_on"),
    CHIEF_KILLED: (_LOST, "test_a_killed_chief_ends_the_training_in_words_and_the_same_call_carries_on"),
    INTERRUPTED: (
        "tests/e2e/test_e2e_workers.py",
        "test_a_run_whose_chief_was_killed_and_that_was_interrupted_carries_on_to_what_an_unbroken_one_gives",
    ),
    RUN_KILLED: (_LOST, "test_workers_end_with_the_process_that_waits_for_them"),
    NO_NUMBER: (_LOST, "test_what_one_workers_examples_bring_about_is_said_as_one_process_does"),
    POD_FAILED: (_POD, "test_a_lost_worker_is_named_with_its_last_lines"),
    API_AWAY: (_API, "test_what_passes_is_waited_for_and_told_once"),
    API_GONE: (_API, "test_a_cluster_that_stays_away_ends_the_training_in_words_and_its_job"),
    EXECUTOR_KILLED: (
        f"{_KUBEFLOW}/step/test_subprocess_executor.py",
        "test_the_workers_of_a_killed_trainer_are_ended_by_the_step",
    ),
    STEP_ENDED: (_POD, "test_a_terminated_step_takes_its_job_away"),
    STEP_KILLED: (_POD, "test_an_earlier_attempts_job_is_ended_first"),
}


def table() -> dict[str, tuple[str, str]]:
    """What happened: what was said, and what the same command did next."""
    lines = (ROOT / "docs" / "how-to" / "workers.md").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(_HEAD)) + 2
    rows = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        happened, said, did = (cell.strip() for cell in line.strip("|").split("|"))
        rows[happened] = (said, did)
    return rows


def words(happened: str, default: str = "", given: str = "") -> re.Pattern[str]:
    """Matches what the table quotes as said; … stands for anything.

    Args:
        happened: the row.
        default: words in it of a default.
        given: what the test has in their place.
    """
    [text] = re.findall(r"`([^`]+)`", table()[happened][0])
    if default:
        assert default in text
        text = text.replace(default, given)
    return re.compile(".+".join(map(re.escape, text.split(_ANYTHING))), re.DOTALL)
