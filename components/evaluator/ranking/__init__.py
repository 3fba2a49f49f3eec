"""Metrics of lists of rows, as a user's or a request's: how well a model ranks what one person is shown."""
