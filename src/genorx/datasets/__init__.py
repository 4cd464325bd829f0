"""Made studies with known truth, and loaders of published ones."""
