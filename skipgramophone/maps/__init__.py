"""Maps of the tracks: a two-dimensional projection, clusters, an interactive HTML page, and pictures."""
