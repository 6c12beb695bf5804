"""Training: everything that needs TensorFlow, and nothing else that does."""
