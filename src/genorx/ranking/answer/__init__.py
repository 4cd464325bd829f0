"""The result for one patient, and its JSON Schema."""
