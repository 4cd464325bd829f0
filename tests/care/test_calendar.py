"""Calendars: weekdays, closed days, files of both, and what is refused."""

from datetime import date, time

import pytest

from genorx import care
from genorx.errors import InputError

ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260309\r
SUMMARY:A long name that
  is folded\r
BEGIN:VALARM\r
DTSTART;VALUE=DATE:20260101\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260323\r
DTEND;VALUE=DATE:20260326\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260401\r
DURATION:P1W\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID="Europe/Berlin":20260501T090000\r
DTEND;TZID="Europe/Berlin":20260501T100000\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260601\r
STATUS:CANCELLED\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.mark.parametrize(("stated", "wanted"), [
    ("mon-fri", {0, 1, 2, 3, 4}), ("mon,wed,fri", {0, 2, 4}), ([0, 2, 4], {0, 2, 4}), ("Mon-Wed, sat", {0, 1, 2, 5}),
    ("sat-mon", {5, 6, 0}), ((6,), {6}), ("mon-sun", set(range(7))),
])  # fmt: skip
def test_weekdays_are_read(stated, wanted):
    assert care.Calendar(weekdays=stated).open_weekdays == wanted


@pytest.mark.parametrize(("stated", "code"), [
    ("", "no-open-day"), ([], "no-open-day"), (" , ", "no-open-day"), ("mondays", "calendar"), ("mon-xyz", "calendar"),
    ([7], "calendar"), ([True], "calendar"), ([-1], "calendar"), (["mon"], "calendar"), (3, "calendar"),
])  # fmt: skip
def test_weekdays_that_are_none_are_refused(stated, code):
    with pytest.raises(InputError) as error:
        care.Calendar(weekdays=stated)
    assert (error.value.code, error.value.place, error.value.exit_code) == (code, "weekdays", 3)


def test_closed_days_are_days_and_spans_with_both_ends():
    made = care.Calendar(closed=[date(2026, 3, 9), "2026-03-10", {"start": "2026-03-23", "end": "2026-03-25"}])
    assert sorted(day.isoformat() for day in made.closed_days) == [
        "2026-03-09", "2026-03-10", "2026-03-23", "2026-03-24", "2026-03-25"]  # fmt: skip
    assert not made.is_open(date(2026, 3, 23))
    assert not made.is_open(date(2026, 3, 28))  # a Saturday
    assert made.is_open(date(2026, 3, 26))


def test_all_day_events_of_a_file_close(tmp_path):
    """RFC 5545 3.6.1: DTEND is the day after the last; events with a time and cancelled ones close nothing."""
    (tmp_path / "closed.ics").write_bytes(ICS.encode())
    (tmp_path / "c.toml").write_text('[calendar]\nclosed = "closed.ics"\nweekdays = [0, 1]\nminutes = 30\n')
    made = care.read_calendar(tmp_path / "c.toml")
    week = [f"2026-04-0{day}" for day in range(1, 8)]
    assert sorted(day.isoformat() for day in made.closed_days) == [
        "2026-03-09", "2026-03-23", "2026-03-24", "2026-03-25", *week]  # fmt: skip
    assert made.minutes == 30


@pytest.mark.parametrize(("text", "code"), [
    (ICS.replace("DTEND;VALUE=DATE:20260326", "DTEND;VALUE=DATE:20260320"), "calendar"),
    (ICS.replace("STATUS:CANCELLED", "RRULE:FREQ=YEARLY"), "calendar"),
    (ICS.replace("20260309", "20260230"), "no-date"), ("hello", "calendar"),
    (ICS.replace("DURATION:P1W", "DURATION:P99999D"), "calendar"),
])  # fmt: skip
def test_a_file_of_closed_days_that_cannot_be_used_is_refused(tmp_path, text, code):
    (tmp_path / "closed.ics").write_bytes(text.encode())
    with pytest.raises(InputError) as error:
        care.Calendar(closed=str(tmp_path / "closed.ics"))
    assert error.value.code == code


@pytest.mark.parametrize(("closed", "code", "place"), [
    (["2026-02-29"], "no-date", "closed[0]"), ([{"start": "2026-03-02", "end": "2026-03-01"}], "calendar", "closed[0]"),
    ([{"start": "2026-03-02", "end": "2026-02-29"}], "no-date", "closed[0].end"), ([{"start": "2026-03-02"}],
    "calendar", "closed[0]"), ("2026-03-02", "calendar", "closed"), (5, "calendar", "closed"), ([None], "no-date",
    "closed[0]"), ([{"start": "0001-01-01", "end": "9999-12-31"}], "calendar", "closed[0]"),
])  # fmt: skip
def test_closed_days_that_are_none_are_refused(closed, code, place):
    with pytest.raises(InputError) as error:
        care.Calendar(closed=closed)
    assert (error.value.code, error.value.place) == (code, place)


@pytest.mark.parametrize(("key", "value", "code"), [
    ("timezone", "Europe/Berlinn", "time-zone"), ("timezone", "../../etc/passwd", "time-zone"), ("timezone", "",
    "time-zone"), ("visit_time", "25:00", "calendar"), ("visit_time", 9, "calendar"), ("laboratory_time", "nine",
    "calendar"), ("minutes", 0, "calendar"), ("minutes", 1441, "calendar"), ("minutes", 1.5, "calendar"),
])  # fmt: skip
def test_times_and_zones_that_are_none_are_refused(key, value, code):
    with pytest.raises(InputError) as error:
        care.Calendar(**{key: value})
    assert (error.value.code, error.value.place) == (code, key)


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError) as error:
        care.Calendar(weekdays=[], timezone="x", minutes=0)
    assert error.value.code == "no-open-day"
    assert "timezone" in error.value.reason
    assert "minutes" in error.value.reason


def test_a_file_is_read_with_toml_times_and_dates(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(
        "[calendar]\nvisit_time = 10:30:00\nclosed = [2026-03-09, {start = 2026-03-23, end = 2026-03-25}]\n"
    )
    made = care.read_calendar(path)
    assert made.visit_clock == time(10, 30)
    assert len(made.closed_days) == 4


def test_a_day_that_no_calendar_has_is_told_with_its_key(tmp_path):
    """docs/guide/care_plan.md: 2026-02-29 is no date, refused with its key; TOML itself refuses it."""
    path = tmp_path / "c.toml"
    path.write_text("[calendar]\nclosed = [\n  2026-03-01,\n  2026-02-29,\n]\n")
    with pytest.raises(InputError) as error:
        care.read_calendar(path)
    assert error.value.place == "4"
    assert '"calendar.closed"' in error.value.reason


@pytest.mark.parametrize(("text", "code"), [
    ("[calendar]\nweekday = 'mon'", "unknown-key"), ("", "missing-key"), ("[calendar]\nclosed = [2026-02-29]", "toml"),
    ("[calendar]\nweekdays = []", "no-open-day"), ("[calendar]\nminutes = 'x'", "wrong-value"),
    ("[calendar]\nclosed = [2026-03-09T10:00:00]", "no-date"),
])  # fmt: skip
def test_a_calendar_file_that_cannot_be_used_is_refused(tmp_path, text, code):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        care.read_calendar(path)
    assert (error.value.code, error.value.file) == (code, str(path))
