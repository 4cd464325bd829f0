"""Screening decisions: a published risk per person, with screening or not as two options."""
