"""The answer of one patient, and the schema of its JSON."""
