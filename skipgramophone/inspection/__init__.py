"""Inspection of playlists: statistics, and problems, each with its effect on training and a remedy."""
