"""The log beside a client: whole files or none, nothing waits for it, and what is left out is counted."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from client_stub import GrpcStub, Stub

from widedeep.components.common.errors import ConfigError
from widedeep.serving.client import RankingClient
from widedeep.serving.client.signature import Feature
from widedeep.serving.request_log import RequestLog, log_files

FEATURES = {"x": Feature("x", "candidate", "number", required=True)}


@pytest.fixture
def target() -> Iterator[str]:
    front = GrpcStub(Stub())
    yield f"127.0.0.1:{front.start()}"
    front.stop()


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def record(log: RequestLog, request: str, *scores: float, features: Any = FEATURES) -> None:
    log.record(request, 1, features, {"x": np.array([scores], np.float32)}, np.array([scores], np.float32))


def test_a_client_s_requests_are_logged_as_they_were_sent(target: str, tmp_path: Path) -> None:
    with RequestLog(tmp_path) as log, RankingClient(target, model="m", log=log, deadline=30, parallel=2) as client:
        ranking = client.rank({"age": 0.5}, [{"x": 0.25}, {"x": 0.75}, {"x": 0.5}], request_id="mine", top_k=1)
        other = client.rank({}, [{"x": 1}])
    assert ranking.request_id == "mine"
    [path] = files(tmp_path)
    assert path.parent.name.startswith("log_day=20")
    rows = pq.read_table(path, partitioning=None).to_pylist()
    assert [(row["log_request_id"], row["log_rank"], row["log_score"], row["x"], row["age"]) for row in rows] == [
        ("mine", 3, 0.75, 0.25, 0.5),
        ("mine", 1, 1.25, 0.75, 0.5),
        ("mine", 2, 1.0, 0.5, 0.5),
        (other.request_id, 1, pytest.approx(float("nan"), nan_ok=True), 1.0, None),
    ]
    assert (log.counts.written, log.counts.dropped) == (2, 0)


def test_without_a_log_a_request_has_no_id(target: str) -> None:
    with RankingClient(target, model="m", deadline=30) as client:
        assert client.rank({"age": 1}, [{"x": 1}]).request_id is None


def test_a_share_of_the_requests(tmp_path: Path) -> None:
    with RequestLog(tmp_path, share=0.25) as log:
        for number in range(2000):
            record(log, str(number), 0.5)
    # 500, with a deviation of sqrt(2,000 * 0.25 * 0.75), 19.
    assert abs(log.counts.written - 500) < 4 * 19
    assert sum(pq.read_table(path, partitioning=None).num_rows for path in files(tmp_path)) == log.counts.written


def test_a_file_is_written_after_some_seconds(tmp_path: Path) -> None:
    written = threading.Event()
    with RequestLog(tmp_path, seconds=0.05) as log:
        original = log._files.write
        log._files.write = lambda *given: (original(*given), written.set())  # type: ignore[method-assign, assignment, return-value]
        record(log, "1", 0.5)
        assert written.wait(30)
        assert len(files(tmp_path)) == 1


def test_models_of_other_features_have_files_of_their_own(tmp_path: Path) -> None:
    with RequestLog(tmp_path) as log:
        record(log, "1", 0.5)
        record(log, "2", 0.5, features={"x": Feature("x", "candidate", "number", required=False)})
    assert len(files(tmp_path)) == 2


def test_a_call_of_several_requests_has_a_name_for_each(tmp_path: Path) -> None:
    scores = np.array([[0.5, 0.25], [0.75, 1.0]], np.float32)
    with RequestLog(tmp_path) as log:
        log.record("two", 1, FEATURES, {"x": scores}, scores)
    [path] = files(tmp_path)
    rows = pq.read_table(path, columns=["log_request_id", "x", "log_rank"], partitioning=None).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("two-0", 0.5, 1),
        ("two-0", 0.25, 2),
        ("two-1", 0.75, 2),
        ("two-1", 1.0, 1),
    ]
    assert log.counts.written == 2


def test_a_request_that_can_t_be_logged_is_counted_and_the_next_are_written(tmp_path: Path) -> None:
    scores = np.array([[0.5]], np.float32)
    with RequestLog(tmp_path, seconds=0.01) as log:
        log.record("1", 1, FEATURES, {}, scores)
        until = time.monotonic() + 30
        while not log.counts.dropped and time.monotonic() < until:
            time.sleep(0.01)
        record(log, "2", 0.5)
    assert (log.counts.written, log.counts.dropped) == (1, 1)


def test_a_full_disk_loses_lines_and_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Any, path: Path, **__: Any) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_files.pq, "write_table", full)
    with caplog.at_level(logging.WARNING), RequestLog(tmp_path) as log:
        record(log, "1", 0.5)
        record(log, "2", 0.5)
    assert (log.counts.written, log.counts.dropped) == (0, 2)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    [warning] = caplog.messages
    assert warning == "the request log has left out 2 requests so far: OSError: [Errno 28] No space left on device"


def test_more_than_is_allowed_is_not_written(tmp_path: Path) -> None:
    with RequestLog(tmp_path, most_mib=0.0001) as log:
        record(log, "1", 0.5)
    assert len(files(tmp_path)) == 1
    with RequestLog(tmp_path, most_mib=0.0001) as log:
        record(log, "2", 0.5)
    assert len(files(tmp_path)) == 1
    assert log.counts.dropped == 1


def behind(folder: Path) -> tuple[RequestLog, threading.Event]:
    """A log that was given 100 requests, and whose thread writes when the event is set."""
    going_on = threading.Event()
    log = RequestLog(folder, seconds=0.01)
    log._files.write = lambda *_: going_on.wait(60)  # type: ignore[method-assign, assignment, return-value]
    for number in range(100):
        record(log, str(number), 0.5)
    return log, going_on


def test_nothing_waits_for_a_thread_that_is_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widedeep.serving.request_log.request_log._WAITING", 3)
    log, going_on = behind(tmp_path)
    assert log.counts.dropped > 50
    going_on.set()
    log.close()
    assert log.counts.written + log.counts.dropped == 100


def test_what_waits_is_bounded_in_bytes_and_is_gone_when_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widedeep.serving.request_log.request_log._WAITING_BYTES", 400)
    log, going_on = behind(tmp_path)
    # A score and a number of four bytes each.
    assert 400 <= log._waiting_bytes < 408
    going_on.set()
    log.close()
    assert log._waiting_bytes == 0
    assert log.counts.dropped > 30
    assert log.counts.written + log.counts.dropped == 100


def test_nothing_of_a_request_but_what_is_logged_is_kept(tmp_path: Path) -> None:
    features = {"app": Feature("app", "candidate", "text", required=True)}
    apps, scores = np.array([[b"a", b"b"]], object), np.array([[0.5, 0.25]], np.float32)
    before = sys.getrefcount(apps)
    with RequestLog(tmp_path, left_out=["x"]) as log:
        log.record("1", 1, features | FEATURES, {"app": apps}, scores)
        assert sys.getrefcount(apps) == before
    assert log.counts.written == 1


def test_many_bytes_are_a_file_before_there_are_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widedeep.serving.request_log.file_writer._BYTES", 80)
    with RequestLog(tmp_path) as log:
        for number in range(25):
            record(log, str(number), 0.5)
    # Eight bytes each: ten of a file, and what is left.
    assert sorted(pq.read_metadata(path).num_rows for path in files(tmp_path)) == [5, 10, 10]


def test_two_models_that_take_turns_have_a_file_each(tmp_path: Path) -> None:
    others = {"x": Feature("x", "candidate", "number", required=False)}
    with RequestLog(tmp_path) as log:
        for number in range(10):
            record(log, str(number), 0.5, features=others if number % 2 else FEATURES)
    assert [pq.read_metadata(path).num_rows for path in files(tmp_path)] == [5, 5]


def test_a_request_that_can_t_be_logged_does_not_take_others_with_it(tmp_path: Path) -> None:
    features = {
        "app": Feature("app", "candidate", "text", required=True),
        "tags": Feature("tags", "candidate", "set", required=False),
    }
    scores = np.array([[0.5]], np.float32)
    with RequestLog(tmp_path) as log:
        for name in (b"a", b"b", b"\xc3", b"d", b"e"):
            tensors = {"app": np.array([[name]], object), "tags": np.array([[[name, b"x"]]], object)}
            log.record(None, 1, features, tensors, scores)
    assert (log.counts.written, log.counts.dropped) == (4, 1)
    [path] = files(tmp_path)
    logged = pq.read_table(path, partitioning=None)
    assert logged["app"].to_pylist() == ["a", "b", "d", "e"]
    assert logged["tags"].to_pylist() == [[name, "x"] for name in "abde"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"share": 1.5}, "share 1.5: give a part of all requests, from 0 to 1."),
        ({"seconds": 0}, "seconds 0: give more than 0."),
    ],
)
def test_what_can_t_be_meant_is_refused(tmp_path: Path, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RequestLog(tmp_path, **options)
    assert str(caught.value) == text


def test_a_folder_that_can_t_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"/file: can't be used for a request log: File exists\.$"):
        RequestLog(tmp_path / "file")


def test_a_feature_named_as_a_column_of_the_log_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    features = {"log_time": Feature("log_time", "candidate", "number", required=True)}
    scores = np.array([[0.5]], np.float32)
    with caplog.at_level(logging.WARNING), RequestLog(tmp_path) as log:
        log.record("1", 1, features, {"log_time": scores}, scores)
    assert (log.counts.written, log.counts.dropped) == (0, 1)
    assert "the feature 'log_time' has the name of a column of the log: leave it out" in caplog.text
    with RequestLog(tmp_path, left_out=["log_time"]) as log:
        log.record("1", 1, features, {"log_time": scores}, scores)
    assert log.counts.written == 1
