"""Smoking, alcohol, activity, diet and body size: columns, what follows from them, contradictions and changes."""
