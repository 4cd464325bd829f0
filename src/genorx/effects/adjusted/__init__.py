"""Adjusted outcome models with shrunk treatment effects."""
