"""Schedules: the worked example, made courses, time zones, what calendars know visits by, iCalendar, FHIR."""

import json
import re
import uuid
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx import care
from genorx.care.regimen import Regimen
from genorx.care.schedule.placing import open_day
from genorx.errors import InputError

CLOSED = ["2026-03-09", {"start": "2026-03-23", "end": "2026-03-25"}]
EXAMPLE = Regimen("r", 21, [1, 8], 3, window=2, laboratory=["neutrophils"], source="paper", title="Two, days; a\\b")


def course(calendar=None, *, regimen=EXAMPLE, start="2026-03-02", **more):
    plan = care.plan(None, None, regimen=regimen, start=start)
    return plan.schedule(calendar or care.Calendar(closed=CLOSED), **{"today": "2026-01-01"} | more)


def at_night(clock, timezone="Europe/Berlin", **more):
    return care.Calendar(weekdays="mon-sun", timezone=timezone, visit_time=clock, **more)


def test_the_worked_example_comes_out_row_by_row():
    """docs/guide/care_plan.md: Monday 2026-03-02, 21 days, days 1 and 8, window 2, closed 03-09, 03-23 to 03-25."""
    found = course()
    stated = [(v.cycle, v.day, v.planned, v.date, v.moved_days) for v in found.visits.itertuples()]
    assert stated == [
        (1, 0, None, "2026-02-27", 0),
        (1, 1, "2026-03-02", "2026-03-02", 0),
        (1, 8, "2026-03-09", "2026-03-10", 1),
        (2, 8, "2026-03-30", "2026-03-30", 0),
        (3, 0, None, "2026-04-10", 0),
        (3, 1, "2026-04-13", "2026-04-13", 0),
        (3, 8, "2026-04-20", "2026-04-20", 0),
    ]
    assert [(each.code, each.severity, each.place) for each in found.findings] == [
        ("no-slot", "serious", "cycle 2 day 1")
    ]
    assert list(found.visits) == ["patient_id", "cycle", "day", "kind", "planned", "date", "moved_days", "start", "end",
                                  "name", "reason", "source"]  # fmt: skip
    assert found.visits.start.isna().all()
    assert found.to_frame().equals(found.visits)


def test_a_visit_without_an_open_day_stands_in_the_table_of_the_page():
    """Cycle 2 day 1 of the worked example was named above the table only: the rows went on from cycle 1 to 2 day 8."""
    page = course().to_html()
    rows = [re.sub("<[^>]+>", "|", row) for row in re.findall("<tr>(.*?)</tr>", page)]
    missed = [row for row in rows if "no open day: no visit" in row]
    assert len(missed) == 1
    assert missed[0].startswith("|2||1||treatment||none||2026-03-23|")
    places = [re.findall(r"[^|]+", row)[:2] for row in rows[1:]]
    assert places[3:5] == [["2", "1"], ["2", "8"]]


def test_a_table_in_which_no_visit_moved_has_no_columns_on_moves():
    """Three of seven columns said that nothing had happened, and the table scrolled on a phone."""
    page = course(care.Calendar()).to_html()
    for head in ("Planned", "Moved", "Why"):
        assert f">{head}</th>" not in page
    moved = course().to_html()
    assert ">Planned</th>" in moved
    assert "+1 day<" in moved


def test_times_on_the_page_are_those_of_the_ward_with_its_zone():
    """Summer time begins on 2026-03-29 in Berlin: 09:00 stays 09:00."""
    plan = care.plan(None, None, regimen="folfiri", start="2026-03-16")
    page = plan.schedule(at_night("09:00"), today="2026-01-01").to_html()
    assert "Time (Europe/Berlin)" in page
    assert page.count("<td>09:00</td>") == 12
    assert "+02:00" not in page


def test_all_made_courses_come_out_exactly(shared):
    """Ten regimens on calendars with the visits and findings that a planner must give."""
    path = shared / "data" / "administration" / "schedules.json"
    if not path.is_file():
        pytest.skip("administration data absent")
    cases = json.loads(path.read_text())
    assert len(cases) == 10
    for case in cases:
        regimen = Regimen("r", case["cycle_days"], case["days"], case["cycles"], window=case["window"],
                          laboratory=["x"], source="s")  # fmt: skip
        calendar = care.Calendar(weekdays=case["weekdays"], closed=case["closed"])
        found = course(calendar, regimen=regimen, start=case["start"])
        assert [[v.cycle, v.day, v.date] for v in found.listed] == case["visits"]
        stated = [[f.code.replace("-", "_"), *map(int, re.findall(r"\d+", f.place))] for f in found.findings]
        assert stated == case["findings"]


@settings(deadline=None)
@given(st.sets(st.integers(-20, 20)), st.integers(0, 10))
def test_a_visit_takes_the_first_open_day_of_its_window(shifts, window):
    """Rule 1 read literally: d, d+1, ..., d+w; else d-1, ..., d-w; else none."""
    planned = date(2026, 3, 2)
    days = {planned + timedelta(days=shift) for shift in shifts}
    wanted = next((planned + timedelta(days=n) for n in range(window + 1) if n in shifts), None)
    wanted = wanted or next((planned - timedelta(days=n) for n in range(1, window + 1) if -n in shifts), None)
    assert open_day(planned, window, days.__contains__) == wanted


def by_hand(regimen, start, is_open):
    """The rules of docs/guide/care_plan.md read again, over a list of days: visits, and cycles and days without one."""
    visits, missing, planned = {}, [], start
    for cycle in range(1, regimen.cycles + 1):
        anchor = planned
        for day in regimen.days:
            wanted = anchor + timedelta(days=day - 1)
            window = [wanted + timedelta(days=n) for n in range(-regimen.window, regimen.window + 1)]
            later = [each for each in window if each >= wanted and is_open(each)]
            earlier = [each for each in window if each < wanted and is_open(each)]
            real = min(later) if later else max(earlier) if earlier else None
            if real is None:
                missing.append(("no-slot", cycle, day))
                continue
            visits[cycle, day] = real
            if day == 1:
                anchor = real
                free = [real - timedelta(days=n) for n in (1, 2, 3) if is_open(real - timedelta(days=n))]
                if free:
                    visits[cycle, 0] = max(free)
                else:
                    missing.append(("no-lab-slot", cycle, 1))
        planned = anchor + timedelta(days=regimen.cycle_days)
    return visits, missing


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_course_follows_the_rules_read_again(data):
    length = data.draw(st.integers(1, 28))
    days = [1, *sorted(data.draw(st.sets(st.integers(2, length), max_size=3)) if length > 1 else ())]
    window = data.draw(st.integers(0, min(length - 1, 6)))
    regimen = Regimen("r", length, days, data.draw(st.integers(1, 6)), window=window, laboratory=["x"], source="s")
    start = date(2026, 1, 1) + timedelta(days=data.draw(st.integers(0, 400)))
    shifts = data.draw(st.sets(st.integers(-5, 180), max_size=60))
    weekdays = sorted(data.draw(st.sets(st.integers(0, 6), min_size=1)))
    calendar = care.Calendar(weekdays=weekdays, closed=[start + timedelta(days=n) for n in shifts])
    found = course(calendar, regimen=regimen, start=start)
    visits, missing = by_hand(regimen, start, calendar.is_open)
    assert {(v.cycle, v.day): date.fromisoformat(v.date) for v in found.listed} == visits
    stated = sorted((f.code, *map(int, re.findall(r"\d+", f.place))) for f in found.findings)
    assert stated == sorted(missing)


def test_without_an_open_day_before_it_a_treatment_has_no_laboratory_visit():
    closed = ["2026-02-27", "2026-02-28", "2026-03-01"]
    found = course(care.Calendar(closed=closed))
    assert (1, 0) not in {(v.cycle, v.day) for v in found.listed}
    assert ("no-lab-slot", "warning", "cycle 1 day 1") in {(f.code, f.severity, f.place) for f in found.findings}


def test_a_regimen_that_asks_for_no_laboratory_has_no_such_visit():
    assert {v.kind for v in course(regimen=Regimen("r", 7, [1], 3, source="s")).listed} == {"treatment"}


def test_the_window_can_be_another_and_is_shorter_than_the_cycle():
    assert [v.moved_days for v in course(window=5).listed if (v.cycle, v.day) == (2, 1)] == [3]
    with pytest.raises(InputError) as error:
        course(window=21)
    assert (error.value.code, error.value.place) == ("regimen", "window")


def test_visits_keep_their_local_time_and_the_offset_follows_the_zone():
    """Clocks in Berlin go forward on 2026-03-29."""
    found = course(care.Calendar(closed=CLOSED, timezone="Europe/Berlin", minutes=90))
    assert [v.start for v in found.listed][:2] == ["2026-02-27T08:00:00+01:00", "2026-03-02T09:00:00+01:00"]
    assert (found.listed[3].start, found.listed[3].end) == ("2026-03-30T09:00:00+02:00", "2026-03-30T10:30:00+02:00")


def test_a_local_time_that_does_not_exist_is_read_with_the_offset_before():
    """docs/guide/care_plan.md: 02:30 on 2026-03-29 in Berlin is 03:30+02:00."""
    once = Regimen("r", 1, [1], 1, source="s")
    found = course(at_night("02:30"), regimen=once, start="2026-03-29")
    assert found.listed[0].start == "2026-03-29T03:30:00+02:00"
    assert [(f.code, f.severity) for f in found.findings] == [("local-time-missing", "warning")]


def test_a_local_time_that_comes_twice_is_the_first():
    """docs/guide/care_plan.md: 02:30 on 2026-10-25 is +02:00; the end is an hour of real time after it."""
    once = Regimen("r", 1, [1], 1, source="s")
    found = course(at_night("02:30"), regimen=once, start="2026-10-25")
    assert (found.listed[0].start, found.listed[0].end) == ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")
    assert [(f.code, f.severity) for f in found.findings] == [("local-time-twice", "info")]


def test_other_zones_have_their_own_rules():
    """Lord Howe moves by half an hour: 02:15 on 2026-10-04 does not exist there (10:30 to 11:00 ahead)."""
    once = Regimen("r", 1, [1], 1, source="s")
    found = course(at_night("02:15", "Australia/Lord_Howe"), regimen=once, start="2026-10-04")
    assert found.listed[0].start == "2026-10-04T02:45:00+11:00"


def test_a_start_in_the_past_is_a_warning():
    assert [f.code for f in course(today="2026-03-03").findings] == ["start-in-past", "no-slot"]
    assert [f.code for f in course(today="2026-03-02").findings] == ["no-slot"]


@pytest.mark.parametrize(("start", "cycles"), [("9999-12-01", 30), ("0001-01-01", 1)])
def test_a_course_that_leaves_the_calendar_is_refused(start, cycles):
    regimen = Regimen("r", 21, [1], cycles, laboratory=["x"], source="s")
    with pytest.raises(InputError) as error:
        course(care.Calendar(weekdays="mon-sun"), regimen=regimen, start=start)
    assert error.value.code == "no-date"


def test_identities_survive_moves_and_count_changes():
    """docs/guide/care_plan.md: changed +1, unchanged the same, gone cancelled and +1; what comes back counts on."""
    first = course(care.Calendar())
    assert {each.sequence for each in first.known} == {0}
    moved = course(previous=first)
    known = {(each.kind, each.cycle, each.day): each for each in moved.known}
    old = {(each.kind, each.cycle, each.day): each for each in first.known}
    assert {key: each.uid for key, each in known.items()} == {key: each.uid for key, each in old.items()}
    assert (known["treatment", 1, 1].sequence, known["treatment", 1, 8].sequence) == (0, 1)
    gone = known["treatment", 2, 1]
    assert (gone.status, gone.sequence, gone.date) == ("cancelled", 1, "2026-03-23")
    again = course(previous=json.loads(moved.to_json()))
    assert again.known == moved.known
    back = course(care.Calendar(), previous=again)
    returned = {(each.kind, each.cycle, each.day): each for each in back.known}["treatment", 2, 1]
    assert (returned.status, returned.sequence) == ("tentative", 2)


def test_another_time_of_day_is_a_change():
    first = course(care.Calendar(timezone="Europe/Berlin"))
    later = course(care.Calendar(timezone="Europe/Berlin", visit_time="10:00"), previous=first)
    assert {each.kind: each.sequence for each in later.known} == {"laboratory": 0, "treatment": 1}


def test_a_former_schedule_may_be_one_without_identities(tmp_path):
    """Visits alone, as another program may keep them, count as never changed."""
    record = json.loads(course(care.Calendar()).to_json())
    del record["plan"]["identities"]
    (tmp_path / "s.json").write_text(json.dumps(record))
    assert course(previous=tmp_path / "s.json").known == course(previous=course(care.Calendar())).known


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda r: r["plan"].update(patient_id="somebody else"), "other-patient"),
    (lambda r: r.pop("plan"), "schedule-schema"),
    (lambda r: r["plan"]["identities"][0].pop("uid"), "schedule-schema"),
    (lambda r: r["plan"]["identities"][0].update(status="lost"), "schedule-schema"),
])  # fmt: skip
def test_a_former_schedule_that_is_none_is_refused(spoil, code):
    record = json.loads(course().to_json())
    spoil(record)
    with pytest.raises(InputError) as error:
        course(previous=record)
    assert error.value.code == code


def test_the_json_has_its_keys(tmp_path):
    found = course()
    assert found.to_json(tmp_path / "s.json") == (tmp_path / "s.json").read_text()
    record = json.loads(found.to_json())
    assert list(record) == ["plan", "calendar", "visits", "findings"]
    assert list(record["visits"][0]) == list(found.visits)
    assert record["calendar"]["closed"] == ["2026-03-09", "2026-03-23", "2026-03-24", "2026-03-25"]


def read_ics(text):
    """Events of iCalendar text by a reader of its own: unfold, split at the first colon."""
    lines = re.sub(r"\r\n[ \t]", "", text).split("\r\n")
    events, current = [], None
    for line in lines:
        if line == "BEGIN:VEVENT":
            current = {}
        elif line == "END:VEVENT":
            events.append(current)
            current = None
        elif current is not None:
            name, _, value = line.partition(":")
            current[name] = value
    return events


def test_the_icalendar_text_holds_by_rfc_5545(tmp_path):
    found = course(care.Calendar(closed=CLOSED, timezone="Europe/Berlin"))
    text = found.to_ics(tmp_path / "s.ics")
    assert (tmp_path / "s.ics").read_bytes().decode() == text
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    events = read_ics(text)
    assert len(events) == 7
    first = events[1]
    assert (first["DTSTART"], first["DTEND"], first["DTSTAMP"]) == (
        "20260302T080000Z", "20260302T090000Z", "20260302T000000Z")  # fmt: skip
    assert (first["STATUS"], first["SEQUENCE"], uuid.UUID(first["UID"]).version) == ("TENTATIVE", "0", 5)
    assert first["SUMMARY"] == "Two\\, days\\; a\\\\b cycle 1 day 1"
    assert len({each["UID"] for each in events}) == 7
    assert found.to_ics() == text
    assert "DTSTAMP:20260101T110000Z" in found.to_ics(created="2026-01-01T12:00:00+01:00")


def test_without_a_zone_events_are_whole_days_and_cancelled_ones_stay():
    events = read_ics(course(previous=course(care.Calendar())).to_ics())
    assert events[0]["DTSTART;VALUE=DATE"] == "20260227"
    assert events[0]["DTEND;VALUE=DATE"] == "20260228"
    gone = [each for each in events if each["STATUS"] == "CANCELLED"]
    assert {(each["DTSTART;VALUE=DATE"], each["SEQUENCE"]) for each in gone} == {("20260323", "1"), ("20260320", "1")}


def test_long_lines_are_folded_between_letters():
    regimen = Regimen("r", 7, [1], 1, source="s", title="Ä" * 80 + "\n🧪" * 20)
    text = course(regimen=regimen).to_ics()
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "Ä" * 80 in read_ics(text)[0]["SUMMARY"]


def test_a_reader_of_others_reads_the_same():
    icalendar = pytest.importorskip("icalendar")
    found = course(care.Calendar(closed=CLOSED, timezone="Europe/Berlin"))
    events = icalendar.Calendar.from_ical(found.to_ics()).walk("VEVENT")
    starts = [each.decoded("dtstart") for each in events]
    assert starts == [datetime.fromisoformat(each.start) for each in found.listed]
    assert str(events[1]["summary"]) == "Two, days; a\\b cycle 1 day 1"


def test_appointments_are_proposed_with_instants(ranking):
    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    found = plan.schedule(care.Calendar(timezone="Europe/Berlin"), today="2026-01-01")
    bundle = found.to_fhir()
    assert (bundle["type"], len(bundle["entry"])) == ("collection", len(found.listed))
    uids = {each.uid for each in found.known}
    for visit, each in zip(found.listed, bundle["entry"], strict=True):
        made = each["resource"]
        assert (made["resourceType"], made["status"], made["minutesDuration"]) == ("Appointment", "proposed", 60)
        assert (made["start"], made["end"]) == (visit.start, visit.end)
        (person,) = made["participant"]
        assert (person["actor"]["identifier"]["value"], person["status"]) == ("P1", "needs-action")
        assert made["identifier"][0]["value"] in uids
    with pytest.raises(InputError) as error:
        plan.schedule(care.Calendar(), today="2026-01-01").to_fhir()
    assert (error.value.code, error.value.exit_code) == ("no-time-zone", 3)


@pytest.mark.parametrize("created", ["2026-01-01", "2026-01-01T12:00:00", "yesterday"])
def test_a_stamp_without_zone_is_refused(created):
    with pytest.raises(InputError) as error:
        course().to_ics(created=created)
    assert (error.value.code, error.value.place) == ("no-date", "created")


def test_no_patient_stands_in_a_calendar_and_pages_are_escaped(ranking):
    record = json.loads(ranking.to_json())[0] | {"patient_id": "Mustermann-Erika"}
    plan = care.plan(record, "folfiri", start="2026-03-02")
    found = plan.schedule(care.Calendar(timezone="Europe/Berlin"), today="2026-01-01")
    assert "Mustermann" not in found.to_ics()
    for page in (found.to_html(), found._repr_html_()):
        assert "<svg" in page
        assert "no script" not in page
        assert "FOLFIRI" in page
