"""Comparison and ranking of a published model's options for each patient."""
