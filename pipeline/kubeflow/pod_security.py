"""What the pods of our own Jobs may do, as those of a run's steps may: nothing as root, and no more than asked for."""

from __future__ import annotations

from typing import Any

CONTAINER: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def of_pod(user: int) -> dict[str, Any]:
    """The security context of a pod whose containers run as a user."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
