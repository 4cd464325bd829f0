"""Visits of a plan on the open days of a calendar, as a table, iCalendar and FHIR."""

from genorx.care.schedule.calendar import Calendar, read_calendar
from genorx.care.schedule.schedule import Schedule, Visit

__all__ = ["Calendar", "Schedule", "Visit", "read_calendar"]
