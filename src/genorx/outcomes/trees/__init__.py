"""Trees of ensembles as plain arrays."""
