"""Common output of all formats: ten record tables, and a wide table with one row per patient by a user's map."""

from genorx.interop.reading.record_tables import RecordTables

__all__ = ["RecordTables"]
