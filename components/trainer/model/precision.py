"""Matrix products in bfloat16 for the layers' training, which some processors compute faster than float32's.

bfloat16 has float32's range and 8 significant bits for its 24 (Kalamkar et al. 2019): nothing overflows that would not
there, and no loss has to be scaled. Weights and sums of many small numbers stay out of it (Micikevicius et al. 2018).
"""

from __future__ import annotations

import functools
import logging

import tensorflow as tf

_CPUINFO = "/proc/cpuinfo"
# As Linux calls them.
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}


def bfloat16_product(rows: tf.Tensor, kernel: tf.Variable) -> tf.Tensor:
    """float32 [b, n]: the product of rows, float32 [b, m], with a kernel, float32 [m, n], each rounded to bfloat16.

    TensorFlow sums up in float32, and gives the sums in bfloat16, too: on CPUs it has no such product in float32.
    The gradients are such products, of what comes back rounded as well, and reach rows and kernel as float32.
    """
    return tf.cast(tf.cast(rows, tf.bfloat16) @ tf.cast(kernel, tf.bfloat16), tf.float32)


def multiplies_bfloat16(cpuinfo: str = _CPUINFO) -> bool:
    """Whether this machine's processor has instructions for products in bfloat16.

    Args:
        cpuinfo: a file of the kernel's `name: value` lines; where there is none, it has not.
    """
    try:
        with open(cpuinfo) as lines:
            flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    except OSError:
        return False
    return not _INSTRUCTIONS.isdisjoint(flags.split())


@functools.cache
def warn_where_slow(cpuinfo: str = _CPUINFO) -> None:
    """Says in the log, once a process, that products in bfloat16 take longer here. What comes of them is right."""
    if not tf.config.list_physical_devices("GPU") and not multiplies_bfloat16(cpuinfo):
        logging.warning(
            "training.deep.precision is bfloat16, and this processor has neither AVX512_BF16 nor AMX_BF16: the layers' "
            "products take longer than in float32. Leave it out, or train where /proc/cpuinfo has one of the two flags."
        )
