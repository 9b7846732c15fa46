"""Models of species over many sites and years."""
