"""Read and write an experiment directory: stages, manifests, the lock, and the files of corpus and model."""
