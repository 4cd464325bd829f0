"""Doses of drugs that are titrated to effect."""
