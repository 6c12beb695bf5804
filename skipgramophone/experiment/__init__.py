"""The experiment directory: stages and their manifests, the lock, and the files of the corpus and the model."""
