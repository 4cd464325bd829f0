"""Benefit against harm, by weights that are stated."""
