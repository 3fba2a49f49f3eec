"""Custom properties of artifacts, by which components and people tell later runs something."""

from __future__ import annotations

# Of a ModelBlessing and of an InfraBlessing: 1 where the model passed, and the id of the model that was judged.
BLESSED, JUDGED_MODEL = "blessed", "current_model_id"
# Of a Model: the rollback that took it out of service, in words. Such a model is neither pushed again nor a later one's
# baseline or start.
ROLLED_BACK = "rolled_back"
# Of an InfraBlessing that a fault of the machine alone kept from being given: what was tried, by `dry_run_key`.
MACHINE_FAULT = "machine_fault"
# Of a PushedModel: why nothing was pushed, though every bound held.
REFUSED = "refused"
# Of a PushedModel: where the version lies.
DESTINATION = "pushed_destination"
