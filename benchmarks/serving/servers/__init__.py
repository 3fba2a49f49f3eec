"""Servers and models that are measured."""
