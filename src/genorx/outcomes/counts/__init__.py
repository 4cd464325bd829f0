"""Models of a count."""
