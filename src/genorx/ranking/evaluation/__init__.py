"""Evaluation of predictions, and of the differences between options."""
