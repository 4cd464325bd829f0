"""Overlap and follow-up: where patients can be compared, and to which horizon."""
