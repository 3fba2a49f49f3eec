"""What the metadata say of a model that a person has taken out of service."""

from __future__ import annotations

# Custom property of a Model: the rollback that took it out of service, in words. Such a model is neither pushed again
# nor a later one's baseline or start.
ROLLED_BACK = "rolled_back"
# Custom property of a PushedModel: why nothing was pushed, though every bound held.
REFUSED = "refused"
