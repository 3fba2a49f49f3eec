"""The served model: its graph from raw features to scores, and its signatures."""
