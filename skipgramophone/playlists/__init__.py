"""Readers of playlist dumps, one a format, and the encoding of what they read."""
