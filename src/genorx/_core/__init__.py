"""Private parts shared by all rooms: provenance, units, safe file handling, optional extras, progress."""
