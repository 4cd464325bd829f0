"""``genorx care``: plan, schedule, request, questions and cards, a module for each family of commands."""
