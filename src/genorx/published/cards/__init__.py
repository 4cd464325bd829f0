"""Cards of published models: population, inputs, outputs, and validation."""
