"""Readers: one module per format of playlists, and the modules that several of them share."""
