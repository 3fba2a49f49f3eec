"""Where a served model carries what it was made of: TF Serving leaves this folder of a model alone."""

from __future__ import annotations

EXTRA = "assets.extra"
# The feature declaration.
FEATURES = f"{EXTRA}/features.json"
# The wide table's columns, and how many of its rows are not zero.
WIDE = f"{EXTRA}/wide.json"
