"""Whether a cluster has what a run needs: asked of its servers, and seen by a Job from inside."""
