"""A published model's options for one patient, compared and ranked."""
