"""tf.estimator and DeepCTR, which need an environment of their own: requirements.lock."""
