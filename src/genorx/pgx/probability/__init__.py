"""Probabilities of diplotypes, and certainty of actions."""
