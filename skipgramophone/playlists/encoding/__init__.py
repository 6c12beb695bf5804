"""Turns rows of sources into a corpus: numbers the tracks, removes duplicates, and sorts the playlists."""
