"""Validation and recalibration of a published model on local patients."""
