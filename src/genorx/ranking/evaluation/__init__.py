"""How good predictions are, and what is known of the differences between options."""
