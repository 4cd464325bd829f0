"""Fitters: group-wise shrinkage by empirical Bayes, and elastic net paths."""
