"""Fault injection: commands that are killed, interrupted or get an error of the file system at any point."""
