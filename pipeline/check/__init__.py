"""What can be known of a pipeline without a run: its settings, features and files, and the first rows of each split."""
