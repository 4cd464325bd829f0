"""Lengths of units of time in days, the only place of these; it imports nothing."""

DAYS_PER_MONTH, DAYS_PER_YEAR = 30.4375, 365.25  # UCUM mo_j, a_j
#: Days per unit of time, by the words of a study file; a month is a twelfth of a year.
DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}
