"""Look-ups: resolving names, nearest neighbours by index or exact search, ranking and explaining."""
