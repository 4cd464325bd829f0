"""A published model on local patients: validated, and recalibrated."""
