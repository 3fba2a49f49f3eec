"""DeepCTR's Wide & Deep on rows of Criteo's shape, run by the interpreter of its own environment.

    python -m benchmarks.training.tf_estimator.criteo_deepctr OUT.json

WDL without its penalties, which none of the others has, and with Adagrad, the paper's for the deep part, for all.
"""

from __future__ import annotations

from importlib.metadata import version

import tensorflow as tf

from benchmarks.training.criteo.passes import measure
from benchmarks.training.criteo.rows import BATCH, BUCKETS, HIDDEN, NUMBERS, WIDTHS, Rows
from benchmarks.training.tf_estimator.deepctr_models import WDL, DenseFeat, SparseFeat


def main() -> None:
    """Trains with `fit`."""
    tf.keras.utils.set_random_seed(1)
    ids = [SparseFeat(f"c{number}", BUCKETS, width) for number, width in enumerate(WIDTHS)]
    numbers = [DenseFeat(f"i{number}") for number in range(NUMBERS)]
    model = WDL(ids, [*ids, *numbers], dnn_hidden_units=HIDDEN, l2_reg_linear=0, l2_reg_embedding=0)
    model.compile(tf.keras.optimizers.Adagrad(0.03), "binary_crossentropy")

    def fit(rows: Rows) -> float:
        columns = {f"c{number}": rows.ids[:, number] for number in range(len(WIDTHS))}
        columns |= {f"i{number}": rows.numbers[:, number] for number in range(NUMBERS)}
        return float(model.fit(columns, rows.label, BATCH, verbose=0).history["loss"][0])

    measure(fit, version("deepctr"))


if __name__ == "__main__":
    main()
