"""Variant files as they are: genotypes with no-calls kept, consequence annotations, assembly."""
