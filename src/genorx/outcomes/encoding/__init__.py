"""Typed features as columns of numbers, learnt from the rows that a model is fitted to."""
