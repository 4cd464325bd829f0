"""Models of a graded outcome."""
