"""Inspect playlists: statistics, and problems with their effect on training and a remedy."""
