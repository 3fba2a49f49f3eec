"""Our pipeline on the taxi trips against TFX's own taxi example: whole runs, in turn, on this machine.

    python -m benchmarks run taxi [--rounds 3]

TFX's example runs as it is shipped in the tfx package but for two lines of a copy: Beam in memory (as shipped, its
workers' start-up takes longer than the work on so small a data set), and no TensorBoard callback (TensorFlow 2.21
comes without TensorBoard, so the example's Trainer fails). Both start from nothing each time: import, 15,002 rows,
9 components of TFX, in ours the gate on data as well, and a pushed model.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.subprocesses import ROOT
from widedeep.pipeline import datasets

_GOAL = "<= 0.4"


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Whole runs of each.")
def main(rounds: int) -> None:
    """Times both in turn and compares the medians."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _copy_example(home)
        datasets.prepare("taxi", home / "data")
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(1, rounds + 1):
            ours.append(_ours(home))
            theirs.append(_theirs(home))
            click.echo(f"round {number}: ours {ours[-1]:.1f} s, TFX's example {theirs[-1]:.1f} s", err=True)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    details = {"ours_s": [round(s, 1) for s in ours], "theirs_s": [round(s, 1) for s in theirs], "cpus": os.cpu_count()}
    against = "tfx taxi_pipeline_native_keras.py, in_memory, same machine, in turn"
    print_figures([Figure("taxi_wall_time_ratio", ratio, "of TFX's example", _GOAL, against, details)])


def _copy_example(home: Path) -> None:
    package = importlib.util.find_spec("tfx")
    assert package is not None
    assert package.origin is not None
    example = Path(package.origin).parent / "examples" / "chicago_taxi_pipeline"
    (home / "taxi" / "data").mkdir(parents=True)
    shutil.copytree(example / "data" / "simple", home / "taxi" / "data" / "simple")
    pipeline = (example / "taxi_pipeline_native_keras.py").read_text()
    (home / "taxi_pipeline.py").write_text(_replaced(pipeline, "multi_processing", "in_memory"))
    module = (example / "taxi_utils_native_keras.py").read_text()
    module = _replaced(module, "callbacks=[tensorboard_callback]", "callbacks=[]")
    module = _replaced(module, "tf.keras.callbacks.TensorBoard(", "dict(")
    (home / "taxi" / "taxi_utils_native_keras.py").write_text(module)


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise SystemExit(f"TFX's example is not as expected: '{old}' stands {text.count(old)} times in it.")
    return text.replace(old, new)


def _theirs(home: Path) -> float:
    shutil.rmtree(home / "tfx", ignore_errors=True)
    shutil.rmtree(home / "taxi" / "serving_model", ignore_errors=True)
    (home / "tfx" / "metadata" / "chicago_taxi_native_keras").mkdir(parents=True)
    seconds = _timed([sys.executable, "taxi_pipeline.py"], home)
    if not list((home / "taxi" / "serving_model").glob("*/*/saved_model.pb")):
        raise SystemExit("TFX's example pushed no model.")
    return seconds


def _ours(home: Path) -> float:
    shutil.rmtree(home / "work", ignore_errors=True)
    settings = ROOT / "schema" / "taxi" / "pipeline.yaml"
    command = [sys.executable, "-m", "widedeep.pipeline.cli", "run", str(settings), "--workdir", str(home / "work")]
    return _timed([*command, "--set", f"data.path={home / 'data'}"], home)


def _timed(command: list[str], home: Path) -> float:
    # The example installs its module with the pip that it finds first.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT)}
    log = home / "log.txt"
    started = time.monotonic()
    with log.open("w") as output:
        done = subprocess.run(
            command, cwd=home, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False, timeout=900
        )
    seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} exited with {done.returncode}:\n{log.read_text()[-3000:]}")
    return seconds


if __name__ == "__main__":
    main()
