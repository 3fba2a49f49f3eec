"""DeepCTR's Wide & Deep for benchmarks/training/step_cost.py, run by the interpreter of its own environment.

python -m benchmarks.training.tf_estimator.step_deepctr OUT.json BUCKETS...
"""

from __future__ import annotations

from benchmarks.training.step.timing import EMBEDDING, HIDDEN, ITEMS, WIDE_IDS, Step, measure
from benchmarks.training.tf_estimator.deepctr_models import WDL, SparseFeat, VarLenSparseFeat


def make(buckets: int) -> Step:
    """`train_on_batch` of WDL as it comes, but for the optimizer: Adagrad, the paper's, on both parts."""
    pairs = VarLenSparseFeat(SparseFeat("pairs", buckets, EMBEDDING), maxlen=WIDE_IDS, combiner="sum")
    model = WDL([pairs], [SparseFeat("item", ITEMS, EMBEDDING)], dnn_hidden_units=HIDDEN)
    model.compile("adagrad", "binary_crossentropy")
    return lambda wide, item, label: model.train_on_batch({"pairs": wide, "item": item}, label)


if __name__ == "__main__":
    measure(make)
