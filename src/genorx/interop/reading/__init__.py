"""What every format becomes: the same few tables, one wide row a patient by a user's map."""

from genorx.interop.reading.record_tables import RecordTables

__all__ = ["RecordTables"]
