"""Models of a continuous outcome, with prediction intervals."""
