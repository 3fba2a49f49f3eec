"""The pipeline as a spec for Kubeflow Pipelines v2."""
