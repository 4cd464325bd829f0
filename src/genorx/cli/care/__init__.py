"""``genorx care``: plan, schedule, request, questions and cards, one module per family of commands."""
