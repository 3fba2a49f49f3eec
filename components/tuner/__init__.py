"""The search for the training options whose model is best, by TFX's Tuner with Keras Tuner."""
