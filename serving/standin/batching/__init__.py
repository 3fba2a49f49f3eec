"""Requests put together, as TF Serving batches them."""
