"""Puts one PySpark package on any cloud: submit, watch, fetch, and say honestly how it ended."""

__version__ = "0.1.0"
