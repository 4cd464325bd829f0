"""Families of image biomarkers, one module each, computed from the arrays of one region."""

__all__: list[str] = []
