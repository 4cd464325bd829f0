"""Outcomes by dates and by the words of an event, and ages from dates of birth; expected values by hand."""

import json

import pytest

from genorx.cohort import Study
from genorx.errors import GenorxError, StudyError, TableError

HEAD = '[study]\nname = "s"\npatient_id = "pid"\n[[tables]]\npath = "clinical.csv"\nrole = "clinical"\n'
OUTCOME = '[outcomes.os]\ntable = "outcomes.csv"\nkind = "survival"\nunit = "{unit}"\nhorizons = [1]\n{keys}\n'
DATES = 'from = "diagnosed"\nto = "last_seen"\nevent = "died"'


@pytest.fixture
def study(tmp_path):
    """Return a function that writes a study of two tables and returns it."""

    def write(outcomes, keys=DATES, *, unit="years", clinical=None, more=""):
        (tmp_path / "clinical.csv").write_text(clinical or "pid,marker\na,1\nb,2\nc,3\nd,4\n")
        (tmp_path / "outcomes.csv").write_text(outcomes)
        (tmp_path / "study.toml").write_text(HEAD + more + OUTCOME.format(unit=unit, keys=keys))
        return Study.read(tmp_path / "study.toml")

    return write


def test_a_time_is_counted_from_one_day_to_another_in_the_unit_of_the_outcome(study):
    """2020-03-01 to 2021-03-01 are 365 days; d has no last day, c ends on the day on which it begins."""
    text = "pid,diagnosed,last_seen,died\na,2020-03-01,2021-03-01,1\nb,2020-01-01,2024-01-01,0\n"
    text += "c,2020-01-01,2020-01-01,0\nd,2020-01-01,,1\n"
    days = study(text, unit="days").load().outcomes["os"].frame
    assert days["time"].to_dict() == {"a": 365.0, "b": 1461.0}
    cohort = study(text).load()
    assert cohort.outcomes["os"].frame["time"].to_dict() == {"a": 365 / 365.25, "b": 4.0}
    assert {"zero-follow-up", "event-without-time"} <= {each.code for each in cohort.findings}
    assert 'column "last_seen"' in next(each.place for each in cohort.findings if each.code == "event-without-time")


def test_days_of_one_order_are_read_and_a_decimal_comma_elsewhere_does_not_matter(study):
    text = "pid;diagnosed;last_seen;died;lab\na;31.12.2019;05.01.2020;1;1,5\nb;01.02.2020;13.02.2020;0;2,5\n"
    frame = study(text, unit="weeks").load().outcomes["os"].frame
    assert frame["time"].to_dict() == {"a": 5 / 7, "b": 12 / 7}


@pytest.mark.parametrize(
    ("rows", "place", "reason"),
    [
        ("a,2020-01-01,soon,1\n", 'row 2 column "last_seen"', "the cell is no date"),
        ("a,2020-01-01,2020-02-30,1\n", 'row 2 column "last_seen"', "the cell is no date"),
        (
            "a,01/02/2020,03/04/2020,1\n",
            'column "diagnosed"',
            "it cannot be determined whether day or month comes first",
        ),
        ("a,31/12/2019,2020-01-01,1\nb,12/31/2019,2020-01-01,1\n", 'column "diagnosed"', "in two orders"),
    ],
)
def test_a_cell_that_is_no_day_is_refused_with_its_place(study, rows, place, reason):
    with pytest.raises(TableError) as caught:
        study("pid,diagnosed,last_seen,died\n" + rows).load()
    assert caught.value.code == "outcome-date"
    assert place in str(caught.value.place)
    assert reason in caught.value.reason
    assert "soon" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "code", "reason"),
    [
        ('from = "a"\nevent = "died"', "missing-key", 'has no "to"'),
        ('to = "a"\nevent = "died"', "missing-key", 'has no "from"'),
        ('time = "t"\nfrom = "a"\nto = "b"\nevent = "died"', "wrong-value", "given twice"),
        ('event = "died"', "missing-key", 'needs "time"'),
    ],
)
def test_keys_that_do_not_go_together_are_named(study, keys, code, reason):
    with pytest.raises(StudyError, match=reason) as caught:
        study("pid,died\na,1\n", keys)
    assert caught.value.code == code


@pytest.mark.parametrize("key", ['event_value = "yes"', 'from = "a"'])
def test_dates_and_event_words_say_nothing_of_a_value(tmp_path, key):
    text = HEAD + f'[outcomes.r]\ntable = "o.csv"\nkind = "binary"\nvalue = "r"\n{key}\n'
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(StudyError, match="does not apply to an outcome of kind"):
        Study.read(tmp_path / "s.toml")


EVENT = 'time = "t"\nevent = "status"\nevent_value = "1:DECEASED"'


def test_the_words_of_an_event_are_the_event_and_the_other_value_is_none(study):
    """cBioPortal writes OS_STATUS so; [Not Available] is not known."""
    text = "pid,t,status\na,5,1:DECEASED\nb,6,0:LIVING\nc,7,\nd,3,[Not Available]\n"
    cohort = study(text, EVENT).load()
    assert cohort.outcomes["os"].frame["event"].to_dict() == {"a": True, "b": False}
    assert "time-without-event" in {each.code for each in cohort.findings}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("0:LIVING", "0:LIVING"), "no patient has '1:DECEASED'"),
        (("1:Deceased", "0:LIVING"), "no patient has '1:DECEASED'"),  # the words are compared as they are
        (
            ("1:DECEASED", "0:LIVING", "lost"),
            "several values",
        ),  # lost to follow-up, or not known? only the user can say
    ],
)
def test_event_words_that_do_not_settle_it_are_refused(study, cells, reason):
    rows = "".join(f"p{at},{at + 2},{cell}\n" for at, cell in enumerate(cells))
    clinical = "pid,marker\n" + "".join(f"p{at},{at}\n" for at in range(4))
    with pytest.raises(TableError, match=reason) as caught:
        study("pid,t,status\n" + rows, EVENT, clinical=clinical).load()
    assert caught.value.code == "event-coding"
    assert "LIVING" not in str(caught.value)


BORN = 'columns.born.age_on = "seen"\n'
OUT = "pid,t,e\na,2,1\nb,3,0\nc,4,1\n"
KEYS = 'time = "t"\nevent = "e"'


def test_an_age_stands_for_the_date_of_birth_which_is_kept_nowhere(study, tmp_path):
    """1960-07-01 to 2020-01-01 are 21,733 days, 59.50 years of 365.25 days; b's birth is not known."""
    clinical = "pid,born,seen,marker\na,1960-07-01,2020-01-01,1\nb,,2020-01-01,2\nc,1950-01-01,2020-01-01,3\n"
    made = study(OUT, KEYS, clinical=clinical, more=BORN)
    cohort = made.load()
    ages = cohort.features["age_years"]
    assert ages.fillna(-1).to_dict() == {"a": 59.5, "b": -1, "c": 70.0}
    assert next(spec for spec in cohort.specs if spec.name == "age_years").unit == "a"
    said = json.dumps(made.audit().to_dict()) + repr(cohort.findings) + str(made.audit())
    assert "1960" not in said
    assert "born" not in list(cohort.features)


@pytest.mark.parametrize(
    ("clinical", "reason", "place"),
    [
        ("pid,born,seen\na,2021-01-01,2020-01-01\n", 'after the day of "seen"', 'row 2 column "born"'),
        ("pid,born,seen\na,1960-13-01,2020-01-01\n", "no date", 'row 2 column "born"'),
        ("pid,born,seen,age_years\na,1960-01-01,2020-01-01,60\n", 'has "age_years" already', "None"),
    ],
)
def test_a_date_of_birth_that_gives_no_age_is_refused_and_not_shown(study, clinical, reason, place):
    with pytest.raises(TableError) as caught:
        study(OUT, KEYS, clinical=clinical, more=BORN).load()
    assert (caught.value.code, reason in caught.value.reason, str(caught.value.place)) == ("birth-date", True, place)
    assert "1960" not in str(caught.value)


def test_a_day_of_the_age_that_is_no_column_is_refused(study):
    with pytest.raises(GenorxError) as caught:
        study(OUT, KEYS, clinical="pid,born\na,1960-01-01\n", more=BORN).load()
    assert caught.value.code == "no-column"


def test_a_column_of_events_that_is_named_for_their_absence_is_doubted_unless_the_event_is_given(study):
    """By hand: 1 in "censored" is read as an event, of one patient; with event_value 0 as none, of the other two."""
    text = "pid,t,censored\na,1,1\nb,2,0\nc,3,0\n"
    keys = 'time = "t"\nevent = "censored"'
    cohort = study(text, keys).load()
    (found,) = [each for each in cohort.findings if each.code == "event-named-censored"]
    assert (found.severity, found.message[:6]) == ("serious", "1 of 3")
    stated = study(text, keys + '\nevent_value = "0"').load()
    assert "event-named-censored" not in {each.code for each in stated.findings}
    assert stated.outcomes["os"].frame["event"].to_dict() == {"a": False, "b": True, "c": True}
