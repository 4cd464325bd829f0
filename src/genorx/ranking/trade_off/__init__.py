"""Benefit against harm, by declared weights."""
