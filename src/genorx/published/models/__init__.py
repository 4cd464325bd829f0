"""The models, one module per family."""
