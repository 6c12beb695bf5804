"""Read playlists in many formats, clean them, and encode them as numbers."""
