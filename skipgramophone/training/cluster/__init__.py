"""Training on a cluster: a chief, workers and parameter servers."""
