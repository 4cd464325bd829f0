"""State probabilities over time, from transition hazards."""
