"""The pipeline on Kubeflow Pipelines v2: what a container of a run does, and what compiles and sends the runs."""
