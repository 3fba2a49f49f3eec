"""The commands between two days: serve, join, run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import widedeep
from widedeep.serving.client import RankingClient

_ROOT = Path(__file__).resolve().parents[2]
_PIPELINE = _ROOT / "schema" / "appstore" / "pipeline.yaml"
_WIDEDEEP = (sys.executable, "-m", "widedeep.pipeline.cli")
_SWAP_SECONDS = 60.0
# That of a million rows is 40, and it goes as the root of the rows.
_DAY_L1 = 8


class Server:
    """`widedeep serve` on pushed models, until the block ends."""

    def __init__(self, models: Path) -> None:
        command = [*_WIDEDEEP, "serve", str(models), "--name", "appstore", "--port", "0", "--rest-port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        # ready: gRPC 127.0.0.1:8500, REST ...
        self.target = self._process.stdout.readline().split()[2].rstrip(",")

    def wait_for(self, version: int) -> None:
        """Until requests are answered by a version: the server looks for new ones each second."""
        until = time.monotonic() + _SWAP_SECONDS
        with RankingClient(self.target, model="appstore", deadline=_SWAP_SECONDS) as client:
            while client.rank({}, [{"app_id": "app-0"}]).version != version:
                if time.monotonic() > until:
                    raise TimeoutError(f"version {version} is not served after {_SWAP_SECONDS:g} s")
                time.sleep(0.2)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()


def join(day: Path) -> dict[str, int]:
    """Labelled rows of a day's folder, of its log and its installs; returns the counts."""
    counts = day / "counts.json"
    # A simulated day takes minutes, and no install follows when it is over.
    until = datetime.now(UTC) + timedelta(hours=24)
    command = [*_WIDEDEEP, "join", "--impressions", day / "requests", "--actions", day / "installs.parquet"]
    command += ["--candidate", "app_id", "--label", "installed", "--shown", "10", "--position", "position"]
    command += ["--within", "24h", "--until", until.isoformat(), "--out", day / "rows", "--json", counts]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return json.loads(counts.read_text())


def train(folder: Path, served: bool) -> int | None:
    """Trains on the newest day and those before it, from the last model; returns the version that was pushed."""
    data = {
        "path": str(folder.resolve() / "days"),
        "format": "parquet",
        "pattern": "day-{SPAN}/rows/*",
        "hash_split": {"train": 6, "eval": 2, "test": 2},
        # What a user saw at once is in one split.
        "hash_by": "log_request_id",
        "window": 7,
    }
    if served:
        data["serving"] = "day-{SPAN}/requests/*/*"
    # The store's settings are for a million rows, and a day has few.
    settings = {"data": data, "training.batch_size": 256, "training.wide.l1": _DAY_L1}
    # A small store's first model may be better than nothing by no more than noise; the loop is to begin.
    settings["evaluation.beat_base_rate"] = False
    run = widedeep.run(_PIPELINE, workdir=folder / "work", settings=settings)
    return int(Path(run.pushed_to).name) if run.pushed_to else None
