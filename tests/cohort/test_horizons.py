"""Horizons that can only be in another unit than the times: in study files, frames and every command that fits."""

import sys

import numpy as np
import pandas as pd
import pytest
from sksurv.datasets import load_gbsg2, load_veterans_lung_cancer, load_whas500

from genorx.cli import main
from genorx.cohort import Cohort, Study
from genorx.cohort.horizons import HorizonCheck, check_plain_horizon
from genorx.errors import HorizonError, InputError, StudyError

STUDY = """
[study]
name = "small"
patient_id = "pid"

[[tables]]
path = "c.csv"
role = "clinical"

[outcomes.os]
table = "c.csv"
kind = "survival"
time = "t"
event = "died"
unit = "days"
horizons = [1, 3, 5]
"""


def held(time, event, unit, horizons, ranked=None):
    """What is raised and what is found about horizons of one outcome."""
    times = pd.DataFrame({"time": np.asarray(time, dtype=float), "event": np.asarray(event, dtype=bool)})
    check = HorizonCheck(name="os", unit=unit, horizons=tuple(horizons), ranked=ranked, times=times)
    found = [*check.odd("c.csv"), *check.late("c.csv")]
    try:
        check.check("study.toml")
    except StudyError as error:
        return error, found
    return None, found


@pytest.mark.parametrize(
    ("unit", "horizons", "likely"),
    [("days", [1, 3, 5], "years"), ("months", [365, 1825], "days"), ("days", [30, 365], ""), ("days", [365], "")],
)
def test_horizons_in_another_unit_than_the_times_are_refused_with_the_likely_one(unit, horizons, likely):
    """By hand: 200 deaths evenly over ten years; horizons 1, 3, 5 are years of a table in days, 365 days are not."""
    time = 18.25 * np.arange(1, 201) / {"days": 1.0, "months": 30.4375}[unit]
    error, found = held(time, np.ones(200), unit, horizons)
    assert (error is not None, found) == (bool(likely), found if likely else [])
    if error is not None:
        assert (error.code, error.place) == ("horizon-unit", "outcomes.os.horizons")
        assert likely in error.reason
        assert ", ".join(str(each) for each in horizons) in error.reason


def test_the_horizon_of_the_ranking_is_checked_beside_those_of_the_outcome():
    """200 deaths over ten years in days, horizons of a year and three, ranked at 3."""
    error, _ = held(18.25 * np.arange(1, 201), np.ones(200), "days", [365, 1095], ranked=3.0)
    assert (error.place, error.reason.split()[:2]) == ("ranking.horizon", ["horizons", "3"])


def test_the_number_of_events_by_each_horizon_is_given():
    """By hand: 1,000 deaths a day apart, two on the second day: 1 by day 1, 3 by day 2, 4 by day 3."""
    time = np.append(np.arange(1, 1001), 2)
    error, _ = held(time, np.ones(1001), "days", [1, 2, 3])
    assert "by then 1, 3, 4 of 1001 events have happened, follow-up reaches 1000 days)" in error.reason


@pytest.mark.parametrize("load", [load_whas500, load_veterans_lung_cancer])
def test_short_horizons_before_which_a_few_events_fall_are_doubted_and_not_refused(load):
    """WHAS500 and veterans: 23 of 215 and 5 of 128 deaths happen by day 5; follow-up reaches 2,358 and 999 days."""
    event, time = load()[1].dtype.names
    y = load()[1]
    error, (found,) = held(y[time], y[event], "days", [1, 3, 5])
    assert error is None
    assert (found.code, found.severity) == ("horizon-unit-suspect", "serious")
    assert held(y[time], y[event], "days", [30]) == (None, [])
    assert held(y[time], y[event], "days", [180, 365]) == (None, [])


def test_horizons_of_months_that_are_years_are_doubted():
    """By hand: 1,000 deaths over 250 months, 8 by month 5, when another unit (years: 60 months) would hold 24 %."""
    time = np.concatenate([np.linspace(2, 5, 8), np.linspace(6, 250, 992)])
    error, (found,) = held(time, np.ones(1000), "months", [1, 3, 5])
    assert error is None
    assert found.message.endswith("would fit it in years")


def test_days_of_toxicity_in_a_trial_followed_for_weeks_are_horizons():
    """Events on the first days, and 28 days of follow-up: days are meant."""
    time = np.concatenate([np.repeat([1, 2, 4], 10), np.repeat(28, 70)])
    assert held(time, time < 28, "days", [1, 3, 5]) == (None, [])


def test_days_on_which_most_events_happen_are_horizons_however_long_the_others_are_followed():
    """Reactions to an infusion on the first days, the others followed for five years."""
    time = np.concatenate([np.repeat([1, 2, 4], 10), np.linspace(400, 1826, 70)])
    event = np.concatenate([np.ones(30), np.ones(10), np.zeros(60)])
    assert held(time, event, "days", [1, 3, 5]) == (None, [])


def test_the_thirtieth_day_of_a_long_follow_up_is_a_horizon():
    """Twelve in a thousand die in the first month: rare, and asked for by those who treat them."""
    time = [10 if n < 12 else 400 + n for n in range(1000)]
    assert held(time, np.ones(1000), "days", [30]) == (None, [])
    assert held(np.array(time) / 30.4375, np.ones(1000), "months", [1]) == (None, [])


def test_a_horizon_beyond_follow_up_in_every_unit_is_named_without_an_exponent():
    _, (found,) = held([100, 200, 300], [1, 1, 0], "days", [100_000 * 365])
    assert found.message == 'horizon 36500000 days of "os" is beyond the last follow-up, 300'


@pytest.mark.parametrize(
    ("length", "reached"),
    [(30.4375, "months or years"), (365.25, "years")],
)
def test_times_in_a_longer_unit_than_stated_are_named_where_no_horizon_is_reached(length, reached):
    """Five years in months or years, stated as days; the 60 months, read in years, would be within a life too."""
    error, found = held(np.linspace(30, 1826, 60) / length, np.ones(60), "days", [365, 730])
    assert error is None
    (late,) = [each for each in found if each.code == "horizon-beyond-follow-up"]
    assert late.severity == "serious"
    assert late.message.endswith(f"times in {reached} would reach it: check their unit")
    _, (one,) = held(np.linspace(30, 1826, 60), np.ones(60), "days", [365, 3650])
    assert one.severity == "warning"


def test_horizons_are_doubted_and_not_refused_by_fewer_than_five_events():
    """None of two events within five days says little of the unit."""
    error, (found,) = held([900, 1000, 1461], [1, 1, 0], "days", [1, 3, 5])
    assert (error, found.code) == (None, "horizon-unit-suspect")


def test_no_event_and_nobody_are_no_reason_to_doubt_the_horizons():
    assert held([100, 2000], [0, 0], "days", [1, 3]) == (None, [])
    assert [each.code for each in held([], [], "days", [1])[1]] == ["horizon-beyond-follow-up"]


@pytest.fixture
def folder(tmp_path):
    """GBSG2 (686 patients, 299 events, the first on day 72) as a study with horizons of 1, 3 and 5 days."""
    X, y = load_gbsg2()
    frame = X.assign(pid=[f"p{n}" for n in range(len(X))], t=y["time"].astype(int), died=y["cens"].astype(int))
    frame.to_csv(tmp_path / "c.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command", [["study", "check"], ["fit", "--out", "m.genorx"], ["evaluate", "--out", "e.json"]], ids=lambda c: c[0]
)
def test_a_study_with_horizons_in_the_wrong_unit_is_refused_by_every_command(folder, monkeypatch, capsys, command):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["genorx", *command, "study.toml"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "error[horizon-unit] study.toml:outcomes.os.horizons: " in said
    assert 'horizons 1, 3, 5 of "os" are read in days (by then 0, 0, 0 of 299 events have happened' in said
    assert "they would fit it in months or years" in said


def test_the_audit_of_such_a_study_shows_the_events_by_each_horizon(folder):
    audit = Study.read(folder / "study.toml").audit()
    assert [fault.code for fault in audit.faults] == ["horizon-unit"]
    assert [each["events"] for each in audit.outcomes["by_horizon"].iloc[0]] == [0, 0, 0]


def test_the_cure_that_the_error_names_works(folder):
    """A later horizon within the follow-up says that days are meant."""
    text = STUDY.replace("[1, 3, 5]", "[1, 3, 5, 1825]")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert Study.read(folder / "study.toml").load().outcomes["os"].horizons == (1.0, 3.0, 5.0, 1825.0)


def test_frames_with_horizons_in_the_wrong_unit_are_refused():
    X, y = load_gbsg2()
    with pytest.raises(StudyError, match="months or years") as caught:
        Cohort.from_frames(X, outcomes={"rfs": {"table": y, "unit": "days", "horizons": [1, 3, 5]}})
    assert (caught.value.code, caught.value.place) == ("horizon-unit", "outcomes.rfs.horizons")


def plain(time, horizon, column="time"):
    """What is said of the horizon of a plain table in which everybody has the event."""
    times = pd.DataFrame({"time": np.asarray(time, dtype=float), "event": True})
    return check_plain_horizon(horizon, times, column=column, file="train.csv")


@pytest.mark.parametrize(
    ("horizon", "likely"),
    [
        (3, "years where times are in days"),
        (60, "months where times are in days"),
        (5, "months or years where times are in days"),
    ],
)
def test_a_horizon_of_a_plain_table_in_another_unit_is_refused_with_the_likely_ones(horizon, likely):
    """By hand: 50 deaths from day 100 to day 2,500; nobody was followed for 2,500 months."""
    with pytest.raises(InputError) as caught:
        plain(np.linspace(100, 2500, 50), horizon)
    assert (caught.value.code, caught.value.place) == ("horizon-unit", 'column "time"')
    assert caught.value.reason.endswith(f"they would fit it in {likely}")


def test_the_name_of_a_column_says_its_unit():
    """A horizon of 60 is a horizon of months in ``os_months``, and of nothing else in days."""
    assert plain(np.linspace(3, 82, 50), 60, "os_months") == ()
    with pytest.raises(InputError, match=r"are read in days .* they would fit it in weeks or months\."):
        plain(np.linspace(100, 2500, 50), 60, "os_days")


def test_a_horizon_beyond_a_plain_table_names_the_unit_in_which_it_is_not():
    """By hand: 1,826 days are the five years of a table of seven."""
    with pytest.raises(HorizonError, match="in days where times are in years") as caught:
        plain(np.linspace(0.3, 7, 50), 1826)
    assert caught.value.hint == "give it in the unit of the times, at most 7"


def test_a_horizon_of_a_plain_table_that_fits_is_not_doubted_in_any_unit():
    assert [plain(np.linspace(0.01, 10, 200) * length, 3 * length) for length in (365.25, 12.0, 1.0)] == [(), (), ()]


def test_a_horizon_of_a_plain_table_that_a_few_events_precede_is_doubted():
    """By hand: 1,000 deaths over 2,500 days, 8 of them by day 5: 0.8 %, in a fiftieth of the follow-up."""
    time = np.concatenate([np.linspace(1, 5, 8), np.linspace(40, 2500, 992)])
    (found,) = plain(time, 5)
    assert (found.code, found.place) == ("horizon-unit-suspect", "train.csv")
