"""Exercises: what students answer, what is right, and what went wrong."""
