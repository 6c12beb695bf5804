"""The experiment directory: stages, manifests, the lock, and the files of the corpus and the model."""
