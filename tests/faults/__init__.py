"""Faults by force: commands that are killed, interrupted, or refused by the file system, wherever they are."""
