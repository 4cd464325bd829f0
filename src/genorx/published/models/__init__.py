"""The models, a family each."""
