"""How the steps become a pipeline that runs here or on Kubeflow, and what came of its runs."""
