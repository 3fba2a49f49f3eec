"""What a wheel and a source distribution hold: the package, whole, and under its own name alone."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from builds import ROOT, VERSION, built, uv

FOLDERS = ("components", "pipeline", "serving")
DIST_INFO = f"widedeep_tfx-{VERSION}.dist-info"


def files_of(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def sources() -> set[str]:
    """The package's files in the checkout, where its three folders lie at the top."""
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    templates = [path for path in (ROOT / "pipeline" / "report").rglob("*") if path.suffix in (".jinja", ".css")]
    below = {str(Path("widedeep", path.relative_to(ROOT))) for path in [*modules, *templates]}
    return below | {"widedeep/__init__.py", "widedeep/py.typed"}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    files = files_of(wheel)
    assert len(files) == len(set(files))
    metadata = {f"{DIST_INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    assert {file for file in files if file.partition("/")[0] != DIST_INFO} == sources()
    assert metadata <= set(files)


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
        archive.extractall(tmp_path, filter="data")
    assert all(member.isreg() for member in members)
    again = built("wheel", tmp_path / f"widedeep_tfx-{VERSION}", tmp_path / "again")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {name: first.read(name) for name in first.namelist()} == {
            name: second.read(name) for name in second.namelist()
        }


@pytest.fixture
def build_context(tmp_path: Path) -> Path:
    """A copy of the checkout as `docker build` sees it: what .dockerignore lets in, links as links."""
    folder = tmp_path / "src"
    folder.mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line.startswith("!"):
            continue
        source, target = ROOT / line[1:], folder / line[1:]
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def test_the_image_installs_files_where_the_checkout_has_links(build_context: Path, tmp_path: Path) -> None:
    assert (build_context / "widedeep" / "pipeline").is_symlink()
    prefix = tmp_path / "prefix"
    constraints = ROOT / "tools" / "build.lock"
    uv("pip", "install", "--quiet", "--no-deps", "--build-constraints", constraints, "--prefix", prefix,
       "--python", sys.executable, build_context)  # fmt: skip
    [packages] = prefix.glob("lib/python3*/site-packages")
    assert {path.name for path in packages.iterdir() if not path.name.startswith("__")} == {"widedeep", DIST_INFO}
    installed = {str(path.relative_to(packages)) for path in (packages / "widedeep").rglob("*") if path.is_file()}
    assert {path for path in installed if "__pycache__" not in path} == sources()
    assert not any(path.is_symlink() for path in (packages / "widedeep").rglob("*"))
    assert (prefix / "bin" / "widedeep").is_file()
