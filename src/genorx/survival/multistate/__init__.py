"""Probabilities of states over time, from hazards of the transitions between them."""
