"""What every room may use: provenance, units, safe files, optional extras, progress (private)."""
