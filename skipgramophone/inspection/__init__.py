"""Inspect playlists: compute statistics and find problems, each with its effect on training and its remedy."""
