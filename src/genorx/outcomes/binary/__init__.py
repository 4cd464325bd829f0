"""Models of a binary outcome."""
