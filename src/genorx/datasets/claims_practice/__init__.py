"""A simulated practice: claims, records, facts, and the lines and providers that the record does not support."""
