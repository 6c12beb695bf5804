"""Training in a cluster of processes: chief, workers and parameter servers."""
