"""TF Serving's protocol over a folder of models, for development and the dry run."""
