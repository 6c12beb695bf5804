"""Readers of playlist dumps, one per format, and the encoding of their rows as numbers."""
