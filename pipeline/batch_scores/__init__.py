"""Scoring files of rows with a pushed model: what a person may set, the model that is meant, and watching it."""
