"""Screening decisions: a published risk per person, and screening or not as two options."""
