"""Models of a yes-or-no outcome."""
