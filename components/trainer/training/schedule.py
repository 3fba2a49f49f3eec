"""Learning-rate schedules: a factor for each step."""

from __future__ import annotations

import math

import tensorflow as tf

from widedeep.components.trainer.training_options import Schedule


def factor(schedule: Schedule, step: tf.Tensor) -> tf.Tensor:
    """float32 scalar: what the learning rate is multiplied with at `step`, which counts from 0.

    Warm-up: (step + 1) / warmup_steps until that is 1. Then, with t the share of decay_steps that has passed since,
    linear: 1 - (1 - final) t, and cosine: final + (1 - final) (1 + cos(pi t)) / 2 (Loshchilov & Hutter 2017).
    """
    now = tf.cast(step, tf.float32)
    if schedule.decay_steps is None:
        decay = tf.ones([])
    else:
        share = tf.clip_by_value((now - schedule.warmup_steps) / schedule.decay_steps, 0.0, 1.0)
        fall = share if schedule.decay == "linear" else (1.0 - tf.cos(math.pi * share)) / 2.0
        decay = 1.0 - (1.0 - schedule.final) * fall
    return tf.minimum(decay, (now + 1.0) / schedule.warmup_steps) if schedule.warmup_steps else decay
