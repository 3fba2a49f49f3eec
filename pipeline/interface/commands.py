"""A command in a process of its own: a notebook can stop it, and TensorFlow's memory goes with it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from widedeep.components.common.errors import ConfigError, WideDeepError

# Lines at the end of the output that an error is made of.
_KEPT = 20
_ERROR = "Error: "


def result_of(command: Sequence[str], fine: Collection[int] = (0,)) -> str:
    """What a command of `widedeep` writes with --json.

    Args:
        command: its words.
        fine: exit codes with which there is a result.

    Raises:
        ConfigError: its usage or settings are wrong.
        WideDeepError: it failed.
    """
    with tempfile.TemporaryDirectory(prefix="widedeep-") as folder:
        result = Path(folder, "result.json")
        call([*command, "--json", str(result)], fine)
        return result.read_text(encoding="utf-8")


def call(command: Sequence[str], fine: Collection[int] = (0,)) -> None:
    """Calls a command of `widedeep`; its progress goes to this process's stderr.

    Raises:
        ConfigError: its usage or settings are wrong.
        WideDeepError: it failed.
    """
    last: deque[str] = deque(maxlen=_KEPT)
    # -P: a folder `widedeep` beside the notebook is none of ours.
    with _started([sys.executable, "-P", "-m", "widedeep.pipeline.cli", *command]) as lines:
        for line in lines:
            last.append(line.rstrip("\n"))
            if not line.startswith(_ERROR):
                sys.stderr.write(line)
    if lines.code not in fine:
        raise _error(list(last), lines.code)


def set_words(overrides: Mapping[str, object]) -> list[str]:
    """Overrides as words of a command: a key as in pipeline.yaml, a value as in YAML."""
    from yaml import safe_dump

    words: list[str] = []
    for key, value in overrides.items():
        text = value if isinstance(value, str) else safe_dump(value, default_flow_style=True, width=float("inf"))
        words += ["--set", f"{key}={text.removesuffix(chr(10)).removesuffix(chr(10) + '...')}"]
    return words


class _Lines:
    """Of a process's stderr; `code` is its exit code, once it has ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __iter__(self) -> Iterator[str]:
        assert self._process.stderr is not None
        return iter(self._process.stderr)

    @property
    def code(self) -> int:
        return self._process.wait()


@contextmanager
def _started(command: Sequence[str]) -> Iterator[_Lines]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _Lines(process)
        except BaseException:
            # A notebook's stop reaches this process alone.
            process.terminate()
            raise


def _error(last: list[str], code: int) -> WideDeepError:
    first = next((number for number, line in enumerate(last) if line.startswith(_ERROR)), 0)
    message = "\n".join(last[first:]).removeprefix(_ERROR) or f"the command ended with exit code {code}"
    return ConfigError(message) if code == ConfigError.exit_code else WideDeepError(message)
