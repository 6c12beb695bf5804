"""Track names: normalization, versions of one song, and typos."""
