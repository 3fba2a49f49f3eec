"""Requests that are sent, good and malformed, and which answers are proper."""
