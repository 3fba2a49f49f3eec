"""Kubeflow's API server: uploading, running, scheduling and watching a compiled pipeline."""
