"""Inspect playlists: compute statistics, and find problems with their effect on training and their remedy."""
