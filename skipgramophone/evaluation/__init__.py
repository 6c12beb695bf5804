"""Evaluation: how well embeddings predict held-out playlists, compared with baselines that need no vectors."""
