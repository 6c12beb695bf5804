"""Training track embeddings with TensorFlow."""
