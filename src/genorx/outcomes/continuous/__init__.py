"""Models of an amount, with intervals of a patient's own value."""
