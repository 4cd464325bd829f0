"""A simulated practice: claims, records, facts, and which lines and providers are not supported by the record."""
