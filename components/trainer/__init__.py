"""The joint wide-and-deep model, its two optimizers, and the run_fn that TFX's Trainer calls."""
