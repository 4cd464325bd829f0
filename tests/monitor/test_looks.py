"""Looks at made histories, whose truth is known, and at the histories of the development data."""

import json

import numpy as np
import pytest

from genorx.datasets import make_monitoring_history
from genorx.errors import GenorxError
from genorx.monitor import Monitor


def _first_alarm(history, *, until=48.0):
    watched = Monitor.from_tables(history.base, history.spec)
    for number, (month, snapshot) in enumerate(history.snapshots.items(), 1):
        if month > until:
            break
        report = watched.check(snapshot, as_of=month, look=number)
        if report.action != "keep":
            return month, report
    return None, report


def test_nothing_is_called_a_change_where_nothing_changes(quiet):
    assert _first_alarm(quiet)[0] is None


@pytest.mark.parametrize("kind", ["season", "case_mix"])
def test_seasons_and_case_mix_are_no_fault_of_the_model(kind):
    month, report = _first_alarm(make_monitoring_history(kind, seed=12), until=36.0)
    assert month is None
    if kind == "case_mix":
        assert "monitor-shift" in {each.code for each in report.findings}


def test_a_hazard_half_as_high_again_is_found_and_the_update_is_near_its_log(risen):
    """The truth is log(1.5) = 0.405, on a frozen model with an error of its own."""
    month, report = _first_alarm(risen)
    assert 18.0 < month <= 39.0
    assert report.action == "recalibrate_baseline"
    assert report.update["intercept"] == pytest.approx(np.log(1.5), abs=0.2)
    lower, upper = report.update["intervals"]["intercept"]
    assert lower < report.update["intercept"] < upper
    assert report.update["slope"] == 1.0


def test_survival_after_the_update_is_nearer_to_the_truth(risen):
    month, report = _first_alarm(risen)
    last = risen.snapshots[48.0]
    following = last[(last["arrived"] >= month) & (last["arrived"] < month + 6.0)]
    truth = risen.truth.set_index("patient_id")["survival"].reindex(following["patient_id"]).to_numpy()
    applied = report.apply(following, intervals=True)
    before = np.abs(following["surv24"].to_numpy() - truth).mean()
    assert np.abs(applied["surv24"].to_numpy() - truth).mean() < 0.6 * before
    assert (applied["surv24_lower"] <= applied["surv24"]).all()
    assert (applied["surv24"] <= applied["surv24_upper"]).all()


@pytest.mark.parametrize(
    ("kind", "code"),
    [("units", "monitor-step"), ("missing", "monitor-missing"), ("recoded", "monitor-new-level")],
)
def test_a_fault_of_the_data_holds_at_the_next_look(kind, code):
    month, report = _first_alarm(make_monitoring_history(kind, seed=12), until=24.0)
    assert (month, report.action) == (21.0, "hold")
    assert code in {each.code for each in report.findings}
    assert report.update is None


def test_late_records_hold():
    _, report = _first_alarm(make_monitoring_history("late_reports", seed=12), until=39.0)
    assert report.action == "hold"
    assert "monitor-late-records" in {each.code for each in report.findings}


def test_a_level_that_is_turned_over_at_one_site_holds(quiet):
    new = quiet.snapshots[24.0].copy()
    turned = (new["arrived"] > 21.0) & (new["site"] == "B")
    new.loc[turned, "flt3"] = 1 - new.loc[turned, "flt3"]
    watched = Monitor.from_tables(quiet.base, quiet.spec)
    watched.check(quiet.snapshots[21.0], as_of=21.0, look=6)
    report = watched.check(new, as_of=24.0)
    assert report.action == "hold"
    assert "monitor-level-step" in {each.code for each in report.findings}


def test_a_column_that_vanished_and_doubled_patients_hold(quiet, watched):
    import pandas as pd

    report = watched.check(quiet.snapshots[24.0].drop(columns="tp53"), as_of=24.0, look=7)
    assert (report.action, report.findings[0].code) == ("hold", "monitor-column-gone")
    twice = pd.concat([quiet.snapshots[27.0], quiet.snapshots[27.0].iloc[:3]])
    report = watched.check(twice, as_of=27.0)
    assert report.action == "hold"
    assert {"monitor-doubled", "monitor-left-out"} <= {each.code for each in report.findings}


def test_values_that_cannot_be_hold(quiet, watched):
    new = quiet.snapshots[24.0].copy()
    new.loc[new.index[-3:], "wbc"] = -4.0
    report = watched.check(new, as_of=24.0, look=7)
    assert report.action == "hold"
    assert "monitor-impossible-values" in {each.code for each in report.findings}


def test_follow_up_that_stopped_at_one_site_holds(quiet, watched):
    new = quiet.snapshots[30.0].copy()
    at = (new["site"] == "C") & (new["event"] == 0) & (new["arrived"] < 15.0)
    new.loc[at, "cumhaz"] *= 0.4
    new.loc[at, "time"] = (new.loc[at, "time"] - 10.0).clip(lower=0.5)
    from genorx.monitor.reading import read_patients

    course = watched.base.parts[0].course
    new.loc[at, "cumhaz"] = course.at(new.loc[at, "time"].to_numpy()) * np.exp(new.loc[at, "lp"])
    assert len(read_patients(new, watched.roles, base=False)) == len(new)
    report = watched.check(new, as_of=30.0, look=9)
    assert report.action == "hold"
    assert "monitor-follow-up-stopped" in {each.code for each in report.findings}


def test_a_look_beside_the_plan_describes_and_decides_nothing(risen):
    watched = Monitor.from_tables(risen.base, risen.spec)
    report = watched.check(risen.snapshots[48.0], as_of=48.0, look=16)
    assert report.action == "keep"
    assert "beyond the 15 planned" in report.reasons[0]


def test_the_same_look_from_files_gives_the_same_report(risen, tmp_path):
    risen.base.to_csv(tmp_path / "base.csv.gz", index=False)
    risen.snapshots[36.0].to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "spec.json").write_text(json.dumps(risen.spec))
    files = Monitor.from_tables(tmp_path / "base.csv.gz", tmp_path / "spec.json")
    frames = Monitor.from_tables(risen.base, risen.spec)
    one = files.check(tmp_path / "new.csv", as_of=36.0, look=11)
    two = frames.check(risen.snapshots[36.0], as_of=36.0, look=11)
    assert (one.action, one.update) == (two.action, two.update)
    assert one.checks.equals(two.checks)


def test_the_report_is_json_and_a_page(risen, tmp_path):
    watched = Monitor.from_tables(risen.base, risen.spec)
    report = watched.check(risen.snapshots[36.0], as_of=36.0, look=11)
    stated = json.loads(report.to_json())
    assert {"action", "reasons", "checks", "update", "findings", "provenance"} <= set(stated)
    assert set(stated["checks"][0]) == {"check", "place", "statistic", "p", "alpha", "severity"}
    watched.report(tmp_path / "m.html")
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "recalibrate the baseline" in page
    assert page.count("<svg") == 1  # sites: one look is no course over time
    assert page.count("<main") == page.count("<h1") == 1
    assert ".genorx .scroll" in page  # the style of every page
    assert page.count("<table>") == page.count('<div class="scroll" tabindex="0"')  # reached by keyboard
    assert report.action in report._repr_html_()


@pytest.mark.parametrize(("kind", "wanted"), [("none", {"keep"}), ("units", {"keep", "hold"})])
def test_the_histories_of_the_development_data(shared, kind, wanted):
    """None: kept at every look; units, from month 18: held at months 24, 30 and 36 (README of the data)."""
    place = shared / "data" / "monitoring" / kind
    watched = Monitor.from_tables(place / "base.csv.gz", place / "spec.json")
    found = []
    for month in (18, 24, 30, 36):
        report = watched.check(place / f"asof_{month}.csv.gz", as_of=float(month), look=month // 3 - 1)
        found.append(report.action)
    assert set(found) == wanted
    if kind == "units":
        assert found == ["keep", "hold", "hold", "hold"]


def test_an_unknown_kind_of_history_is_refused():
    with pytest.raises(GenorxError, match="baseline_up"):
        make_monitoring_history("nothing")


def test_values_of_the_past_that_were_rewritten_are_named_and_many_hold(quiet, watched):
    watched.check(quiet.snapshots[24.0], as_of=24.0, look=7)
    new = quiet.snapshots[27.0].copy()
    new.loc[new.index[:10], "age"] += 1.0
    report = watched.check(new, as_of=27.0)
    assert report.action == "keep"
    assert "monitor-past-changed" in {each.code for each in report.findings}
    rewritten = quiet.snapshots[30.0].assign(age=lambda each: each["age"] + 1.0)
    assert watched.check(rewritten, as_of=30.0).action == "hold"


@pytest.mark.parametrize("event", [0, 1])
def test_follow_up_that_runs_backwards_is_named_and_much_holds(quiet, watched, event):
    """Patients of the last look cannot be followed less now, nor have their event on another day."""
    watched.check(quiet.snapshots[24.0], as_of=24.0, look=7)
    earlier = quiet.snapshots[24.0]
    patient, time, ended = (quiet.spec[name] for name in ("id", "time", "event"))
    who = earlier.loc[earlier[ended] == event, patient]
    new = quiet.snapshots[27.0].copy()
    some = new.index[new[patient].isin(who) & (new[ended] == event)][:60]
    new.loc[some, time] = 0.5 * new.loc[some, time]
    report = watched.check(new, as_of=27.0)
    assert report.action == "hold"
    message = next(each.message for each in report.findings if each.code == "monitor-past-changed")
    assert ("another time" if event else "ends earlier") in message


def test_a_declared_subgroup_and_an_arm_whose_hazard_changed_are_named():
    """In the history the hazard of patients with FLT3 is doubled, in both arms."""
    history = make_monitoring_history("subgroup", seed=12)
    watched = Monitor.from_tables(history.base, {**history.spec, "subgroups": ["flt3"], "arm": "treated"})
    report = watched.check(history.snapshots[42.0], as_of=42.0, look=13)
    places = {each.place for each in report.findings if each.code == "monitor-group-changed"}
    assert "flt3=1" in places
    assert {"site", "arm", "flt3", "all"} <= set(report.calibration["group"])


def test_a_declared_subgroup_that_is_no_covariate_has_an_effect_of_its_own(tmp_path):
    """The hazard of patients with FLT3 is doubled; the tables name it as a subgroup, not as a covariate."""
    history = make_monitoring_history("subgroup", seed=12)
    covariates = [name for name in history.spec["covariates"] if name != "flt3"]
    watched = Monitor.from_tables(history.base, {**history.spec, "covariates": covariates, "subgroups": ["flt3"]})
    report = watched.check(history.snapshots[48.0], as_of=48.0, look=15)
    assert report.action == "refit"
    assert "flt3=1" in report.reasons[0]
    following = history.snapshots[48.0].tail(200)
    changed = np.log(np.log(report.apply(following)["surv24"]) / np.log(following["surv24"]))
    difference = changed[following["flt3"] == 1].mean() - changed[following["flt3"] == 0].mean()
    assert difference == pytest.approx(np.log(2.0), abs=0.3)


def test_after_a_halved_slope_the_hazard_of_one_short_window_is_not_taken_for_a_new_level():
    """The mean hazard is as it was; by chance it is higher in the last 12 months, and the update believed that.

    Survival of the next patients was then farther from the truth than the frozen model's (1.28 times as far).
    """
    history = make_monitoring_history("slope", seed=20032)
    watched = Monitor.from_tables(history.base, history.spec)
    report = watched.check(history.snapshots[39.0], as_of=39.0, look=12)
    assert report.action == "recalibrate_slope"
    last = history.snapshots[48.0]
    following = last[(last["arrived"] >= 39.0) & (last["arrived"] < 45.0)]
    truth = history.truth.set_index("patient_id")["survival"].reindex(following["patient_id"]).to_numpy()
    errors = [np.abs(each["surv24"].to_numpy() - truth).mean() for each in (report.apply(following), following)]
    assert errors[0] < 0.5 * errors[1]
