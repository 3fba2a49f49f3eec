"""Which processes are gone."""

from __future__ import annotations

from widedeep.components.metadata.cluster.process_identity import identity_of, is_dead


def test_a_process_id_that_was_given_again_is_another_process() -> None:
    own = identity_of(1)
    assert own is not None
    assert not is_dead(own)
    assert is_dead(own + "0")
    assert not is_dead("another-machine/pid:[1]/1@1")
    assert not is_dead("")
