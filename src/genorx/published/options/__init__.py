"""A published model's options of one patient, compared and in order."""
