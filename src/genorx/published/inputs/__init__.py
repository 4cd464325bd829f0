"""Inputs of the models: columns of a frame, and genes of variant files."""
