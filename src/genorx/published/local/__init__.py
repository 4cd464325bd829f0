"""A published model on local patients: checked, and corrected."""
