"""A map of the catalogue: where the tracks lie in two dimensions, which cluster, and the page that shows them."""
