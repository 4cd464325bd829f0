"""Families of image biomarkers, one module each, on arrays of one region."""

__all__: list[str] = []
