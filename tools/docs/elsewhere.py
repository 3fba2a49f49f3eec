"""Pages that lie beside what they tell of, outside docs, and the links between them and docs."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: File in the repository, and where its page is in docs.
PAGES = {
    "kubeflow/README.md": "tutorials/kubeflow.md",
    "kubeflow/vertex.md": "how-to/google-cloud.md",
    "serving/tensorflow/README.md": "how-to/tensorflow-serving.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
}
#: Files that are published where they are.
PUBLISHED = tuple(f"schema/{name}.schema.json" for name in ("features", "pipeline", "run"))
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)\s#]+)")


def pages() -> dict[str, str]:
    """The text of each by its page in docs, with links as they are there."""
    return {
        page: linked((ROOT / file).read_text(encoding="utf-8"), posixpath.dirname(file), page)
        for file, page in PAGES.items()
    }


def linked(text: str, folder: str, page: str) -> str:
    """The text with its links, which are good in the repository, made good in the built pages.

    Args:
        text: of the page.
        folder: where it lies in the repository.
        page: where it is in docs.
    """

    def target(match: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(folder, match[1]))
        there = file if file in PUBLISHED else PAGES.get(file)
        if there is None and file.startswith("docs/"):
            there = file.removeprefix("docs/")
        return posixpath.relpath(there, posixpath.dirname(page)) if there else match[1]

    return _LINK.sub(target, text)
