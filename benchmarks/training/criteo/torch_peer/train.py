"""PyTorch on rows of Criteo's shape, run by the interpreter of its own environment.

    python -m benchmarks.training.criteo.torch_peer.train OUT.json

Embeddings of one width lie in one table, and have sparse gradients; Adagrad, the paper's for the deep part, is of all.
"""

from __future__ import annotations

import os

# Else OpenMP's threads wait for each other at full load: where others use the cores, most of the CPU time goes there.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch  # type: ignore[import-not-found]

from benchmarks.training.criteo.passes import measure
from benchmarks.training.criteo.rows import BATCH, BUCKETS, HIDDEN, NUMBERS, WIDTHS, Rows


class WideDeep(torch.nn.Module):
    """The sum of an id's weights and of three layers over embeddings and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = {width: [n for n, of in enumerate(WIDTHS) if of == width] for width in sorted(set(WIDTHS))}
        self.wide = torch.nn.Embedding(len(WIDTHS) * BUCKETS, 1, sparse=True)
        self.tables = torch.nn.ModuleList(
            torch.nn.Embedding(len(columns) * BUCKETS, width, sparse=True) for width, columns in self.columns.items()
        )
        layers: list[torch.nn.Module] = []
        fan_in = sum(WIDTHS) + NUMBERS
        for fan_out in HIDDEN:
            layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
            fan_in = fan_out
        self.layers = torch.nn.Sequential(*layers, torch.nn.Linear(fan_in, 1))
        with torch.no_grad():
            self.wide.weight.zero_()
            for table in self.tables:
                table.weight.mul_(0.1 * table.embedding_dim**-0.5)

    def forward(self, ids: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """float32 [b]: the logits."""
        wide = self.wide(ids + _offsets(len(WIDTHS)))
        deep = [
            table(ids[:, columns] + _offsets(len(columns))).flatten(1)
            for table, columns in zip(self.tables, self.columns.values(), strict=True)
        ]
        return wide.sum(dim=(1, 2)) + self.layers(torch.cat([*deep, numbers], dim=1)).squeeze(1)


def _offsets(columns: int) -> torch.Tensor:
    return torch.arange(columns, dtype=torch.int32) * BUCKETS


def main() -> None:
    """Trains, in a new order of the rows."""
    torch.manual_seed(1)
    model = WideDeep()
    sparse = torch.optim.Adagrad([model.wide.weight, *(table.weight for table in model.tables)], lr=0.03)
    # The fused one takes no sparse gradients.
    dense = torch.optim.Adagrad(model.layers.parameters(), lr=0.03, fused=True)

    def fit(rows: Rows) -> float:
        ids, numbers, label = (torch.from_numpy(np.ascontiguousarray(part)) for part in rows)
        total = torch.zeros([])
        for batch in torch.randperm(len(label)).split(BATCH):
            sparse.zero_grad()
            dense.zero_grad()
            logit = model(ids[batch], numbers[batch])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, label[batch])
            loss.backward()
            sparse.step()
            dense.step()
            total += loss.detach() * len(batch)
        return float(total) / len(label)

    measure(fit, torch.__version__)


if __name__ == "__main__":
    main()
