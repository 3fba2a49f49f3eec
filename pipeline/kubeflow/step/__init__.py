"""One step of a run on the cluster, in its container: `python -m widedeep.pipeline.kubeflow.step.run_node`."""
