"""Ids of features: by their vocabularies, and of all columns in one."""
