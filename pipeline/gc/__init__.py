"""Gives back the disk space of earlier runs.

What TFX (1.21) hands out of the metadata, which decides what may be removed, and how:

- A channel's artifacts, those of a Resolver too, are the LIVE ones alone; nobody looks whether they are still there. So
  an artifact is marked as DELETED before its files go, and one whose files are gone otherwise is marked as well.
- A cached outcome counts only if all its artifacts are LIVE and their folders exist; else the node runs again.
- What is not in the metadata is never found again: outputs of executions that were killed.
"""
