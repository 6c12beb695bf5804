"""Readers: one module per format of playlists, and modules that several readers share."""
