"""Frappe, and samples of Criteo's and Avazu's logs, as a pipeline's input. Their terms forbid passing them on.

A folder of the originals holds what of them a person has:

    frappe/frappe.csv        the log of Baltrunas et al. 2015 (arXiv:1505.03014), separated by tabs
    criteo/*.tsv             rows of the challenge's train.txt, without a header
    avazu/*.csv              rows of the challenge's train file; a header in one of the files
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness.data_steps import SPLITS

SEED = 42
# As published for Frappe (BARS): 7:2:1, and two negatives a positive. The samples are cut alike.
_SHARES = (0.7, 0.2, 0.1)
_NEGATIVES = 2
_CRITEO = ["label", *(f"i{number}" for number in range(1, 14)), *(f"c{number}" for number in range(1, 27))]


def frappe(source: Path, target: Path) -> None:
    """Each usage with label 1, and two of the same context with apps that the user never used, cut at random."""
    log = pd.read_csv(source / "frappe" / "frappe.csv", sep="\t", dtype=str).drop(columns="cnt").drop_duplicates()
    random = np.random.default_rng(SEED)
    apps = log["item"].unique()
    used = set(zip(log["user"], log["item"], strict=True))
    negatives = []
    for _ in range(_NEGATIVES):
        other = log.assign(item=random.choice(apps, len(log)))
        while (again := [pair in used for pair in zip(other["user"], other["item"], strict=True)]).count(True):
            other.loc[again, "item"] = random.choice(apps, again.count(True))
        negatives.append(other.assign(label=0))
    _write(pd.concat([log.assign(label=1), *negatives]), target)


def criteo(source: Path, target: Path) -> None:
    """All files' rows, cut at random: of so few, the sample's own evaluation split has 400."""
    files = sorted((source / "criteo").glob("*.tsv"))
    _write(pd.concat([pd.read_csv(file, sep="\t", names=_CRITEO, dtype=str) for file in files]), target)


def avazu(source: Path, target: Path) -> None:
    """All files' rows, cut at random."""
    files = sorted((source / "avazu").glob("*.csv"))
    headers = {file: _first_line(file) for file in files}
    header = next(line for line in headers.values() if line.startswith("id,"))
    rows = [
        pd.read_csv(file, names=header.split(","), dtype=str, skiprows=int(headers[file] == header)) for file in files
    ]
    _write(pd.concat(rows), target)


def _first_line(file: Path) -> str:
    with file.open() as lines:
        return lines.readline().rstrip("\n")


def _write(rows: pd.DataFrame, target: Path) -> None:
    rows = rows.sample(frac=1, random_state=SEED)
    cuts = np.round(np.cumsum((0, *_SHARES)) * len(rows)).astype(int)
    for split, start, stop in zip(SPLITS, cuts[:-1], cuts[1:], strict=True):
        (target / split).mkdir(parents=True)
        rows[start:stop].to_csv(target / split / "data.csv", index=False)
