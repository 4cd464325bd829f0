"""Whether predicted differences between options are real, and what choosing by patient gains."""
