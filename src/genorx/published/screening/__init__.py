"""Whom to screen: a published risk a person, and screening or not as two options."""
