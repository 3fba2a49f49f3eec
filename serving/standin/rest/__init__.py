"""TF Serving's REST API: paths, and the JSON of requests and answers."""
