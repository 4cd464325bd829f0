"""Evaluation of estimated treatment effects: calibration, and the gain of choosing by patient."""
