"""What the models read: columns of a frame, and genes of variant files."""
