"""The gate on data: stops the run where the data contradicts the schema or can't train a model."""
