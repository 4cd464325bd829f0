"""Recalibration of a fitted or published model on other data: its predictions as offset, and a correction line."""
