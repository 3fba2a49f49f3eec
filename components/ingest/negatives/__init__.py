"""Rows of label 0 for logs that hold none: a positive row's context with a candidate that its user has not had."""
