"""Finds out which column of a table has which role, and asks where two readings are possible."""
