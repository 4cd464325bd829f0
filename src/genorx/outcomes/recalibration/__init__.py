"""A fitted or published model corrected on other data: its own numbers as offset, and the line that it gets."""
