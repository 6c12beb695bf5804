"""Track names: normalization, song versions and typos."""
