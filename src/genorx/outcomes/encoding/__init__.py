"""Encoding of typed features as numeric columns, learnt from the training rows."""
