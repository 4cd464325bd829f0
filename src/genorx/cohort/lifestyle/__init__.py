"""Smoking, alcohol, activity, diet and body size: columns, derived features, contradictions and changes."""
