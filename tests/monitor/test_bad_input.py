"""Section by section of what a look may be given that it should not take: refused with its place, or named."""

import numpy as np
import pytest

from genorx.cli.app import run
from genorx.errors import InputError, NotAnswerableError, SupportError, TableError, UsageError
from genorx.monitor import Monitor

FINDINGS = "monitor-"


def _codes(report):
    return {each.code for each in report.findings}


def test_snapshots_out_of_order_are_refused(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    with pytest.raises(InputError, match="not after that of the last look") as caught:
        watched.check(quiet.snapshots[21.0], as_of=21.0)
    assert caught.value.code == "snapshot-order"


def test_the_same_snapshot_twice_is_refused(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    with pytest.raises(InputError) as caught:
        watched.check(quiet.snapshots[24.0], as_of=27.0)
    assert caught.value.code == "snapshot-twice"


def test_fewer_patients_than_before_hold(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    report = watched.check(quiet.snapshots[27.0].iloc[200:], as_of=27.0)
    assert report.action == "hold"
    assert "monitor-patients-gone" in _codes(report)


def test_one_patient_who_has_withdrawn_is_named_and_does_not_hold(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    report = watched.check(quiet.snapshots[27.0].iloc[1:], as_of=27.0)
    assert report.action == "keep"
    assert "monitor-patients-gone" in _codes(report)


def test_an_outcome_after_the_snapshot_holds(watched, snapshot):
    snapshot.loc[snapshot.index[:5], "time"] += 10.0
    report = watched.check(snapshot, as_of=24.0, look=7)
    assert report.action == "hold"
    assert "monitor-after-snapshot" in _codes(report)


def test_events_that_disappear_hold(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    new = quiet.snapshots[27.0].copy()
    gone = new.index[(new["event"] == 1) & (new["arrived"] < 12)][:20]
    new.loc[gone, "event"] = 0
    new.loc[gone, "time"] = 27.0 - new.loc[gone, "arrived"]
    new["cumhaz"] = new["cumhaz"].where(~new.index.isin(gone), new["cumhaz"])
    report = watched.check(new, as_of=27.0)
    assert report.action == "hold"
    assert "monitor-event-gone" in _codes(report)


def test_an_arm_that_changed_in_the_past_holds(quiet):
    watched = Monitor.from_tables(quiet.base, {**quiet.spec, "arm": "treated"})
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    new = quiet.snapshots[27.0].copy()
    new.loc[new.index[:100], "treated"] = 1 - new.loc[new.index[:100], "treated"]
    report = watched.check(new, as_of=27.0)
    assert report.action == "hold"
    assert "monitor-arm-changed" in _codes(report)


def test_another_id_scheme_is_refused(watched, quiet):
    watched.check(quiet.snapshots[24.0], as_of=24.0)
    new = quiet.snapshots[27.0].assign(patient_id=lambda each: "site-" + each["patient_id"])
    with pytest.raises(InputError) as caught:
        watched.check(new, as_of=27.0)
    assert caught.value.code == "id-scheme"


def test_a_base_without_events_cannot_answer(quiet):
    with pytest.raises(SupportError) as caught:
        Monitor.from_tables(quiet.base.assign(event=0), quiet.spec)
    assert (caught.value.code, caught.value.exit_code) == ("base-without-events", 4)


def test_a_base_of_three_events_cannot_answer_and_says_so(quiet):
    """It was taken for a base in which the model expects 300 times as many as happen, and new outcomes for a change."""
    few = quiet.base.assign(event=(np.arange(len(quiet.base)) < 3).astype(int))
    with pytest.raises(SupportError, match=r"3 events .* at least 4 are needed") as caught:
        Monitor.from_tables(few, quiet.spec)
    assert (caught.value.code, caught.value.exit_code) == ("base-without-events", 4)


def test_arrivals_alone_in_another_unit_cannot_answer_and_the_clock_is_named(watched, snapshot):
    with pytest.raises(NotAnswerableError) as caught:
        watched.check(snapshot.assign(arrived=snapshot["arrived"] / 12.0), as_of=24.0, look=7)
    assert caught.value.code == "monitor-few-events"
    assert "another unit" in caught.value.hint


def test_rows_without_an_id_are_counted_as_such_and_are_no_doubled_patients(watched, snapshot):
    snapshot.loc[snapshot.index[:6], "patient_id"] = None
    report = watched.check(snapshot, as_of=24.0, look=7)
    assert report.action == "keep"
    stated = [each.message for each in report.findings if each.code == "monitor-left-out"]
    assert stated == ["left out: 6 patients without an id"]


def test_tables_of_another_model_are_refused(watched, snapshot):
    snapshot["cumhaz"] = snapshot["cumhaz"] * 1.7
    with pytest.raises(InputError, match=r"1\.7 times") as caught:
        watched.check(snapshot, as_of=24.0, look=7)
    assert caught.value.code == "another-model"


def test_a_clock_in_another_unit_is_refused(watched, snapshot):
    days = snapshot.assign(time=snapshot["time"] * 30.4, arrived=snapshot["arrived"] * 30.4)
    with pytest.raises(InputError) as caught:
        watched.check(days, as_of=24.0, look=7)
    assert caught.value.code == "clock-unit"


def test_times_alone_in_another_unit_are_refused(watched, snapshot):
    with pytest.raises(InputError) as caught:
        watched.check(snapshot.assign(time=snapshot["time"] * 30.4), as_of=24.0, look=7)
    assert caught.value.code in {"clock-unit", "another-model"}


def test_one_site_only_is_named(watched, snapshot):
    report = watched.check(snapshot.assign(site="A"), as_of=24.0, look=7)
    assert "monitor-one-site" in _codes(report)


@pytest.mark.parametrize("events", [0, 3])
def test_all_censored_and_three_events_cannot_answer_and_say_how_many_are_needed(watched, snapshot, events):
    few = snapshot.copy()
    seen = few.index[(few["event"] == 1) & (few["arrived"] > 7) & (few["arrived"] + few["time"] < 20)]
    few["event"] = 0
    few.loc[seen[:events], "event"] = 1
    with pytest.raises(NotAnswerableError, match=rf"{events} events .* at least 4 are needed, and \d+ to") as caught:
        watched.check(few, as_of=24.0, look=7)
    assert caught.value.code == "monitor-few-events"


def test_a_cumulative_hazard_of_0_is_named_and_a_negative_one_refused_with_its_row(watched, snapshot):
    snapshot.loc[snapshot.index[:4], "cumhaz"] = 0.0
    report = watched.check(snapshot, as_of=24.0, look=7)
    assert any("expected hazard of 0" in each.message for each in report.findings)
    snapshot.loc[snapshot.index[7], "cumhaz"] = -0.1
    with pytest.raises(TableError) as caught:
        watched.check(snapshot, as_of=27.0)
    assert (caught.value.code, caught.value.place) == ("bad-expected", 'row 8 column "cumhaz"')


def test_a_survival_outside_0_to_1_is_refused_with_its_row(watched, snapshot):
    snapshot.loc[snapshot.index[2], "surv24"] = 53.0
    with pytest.raises(TableError, match="percent") as caught:
        watched.check(snapshot, as_of=24.0, look=7)
    assert (caught.value.code, caught.value.place) == ("bad-survival", 'row 3 column "surv24"')


def test_an_event_that_is_none_is_refused_with_its_row(watched, snapshot):
    snapshot.loc[snapshot.index[1], "event"] = 2
    with pytest.raises(TableError) as caught:
        watched.check(snapshot, as_of=24.0, look=7)
    assert (caught.value.code, caught.value.place) == ("bad-event", 'row 2 column "event"')


def test_a_negative_time_is_refused(watched, snapshot):
    snapshot.loc[snapshot.index[1], "time"] = -1.0
    with pytest.raises(TableError) as caught:
        watched.check(snapshot, as_of=24.0, look=7)
    assert caught.value.code == "negative-time"


def test_words_where_a_number_must_be_are_refused_without_repeating_them(watched, snapshot):
    spoilt = snapshot.astype({"time": object})
    spoilt.loc[spoilt.index[0], "time"] = "Mustermann"
    with pytest.raises(TableError) as caught:
        watched.check(spoilt, as_of=24.0, look=7)
    assert caught.value.code == "not-a-number"
    assert "Mustermann" not in str(caught.value)


def test_a_column_that_is_needed_and_absent_is_named(watched, snapshot):
    with pytest.raises(TableError, match="cumhaz") as caught:
        watched.check(snapshot.drop(columns="cumhaz"), as_of=24.0, look=7)
    assert caught.value.code == "no-column"


def test_an_empty_snapshot_is_refused(watched, snapshot):
    with pytest.raises(InputError) as caught:
        watched.check(snapshot.assign(time=np.nan), as_of=24.0, look=7)
    assert caught.value.code == "snapshot-empty"


def test_rows_without_an_outcome_are_counted(watched, snapshot):
    snapshot.loc[snapshot.index[:6], "time"] = np.nan
    report = watched.check(snapshot, as_of=24.0, look=7)
    assert any(each.code == "monitor-left-out" and "6 patients" in each.message for each in report.findings)


def test_a_look_that_is_no_number_from_1_on_is_refused(watched, snapshot):
    with pytest.raises(UsageError):
        watched.check(snapshot, as_of=24.0, look=0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time": None}, "spec-key"),
        ({"horizon": -1}, "spec-value"),
        ({"covariates": []}, "spec-value"),
        ({"covariates": ["event"]}, "role-in-covariates"),
        ({"alpha": 1.5}, "spec-value"),
        ({"looks": 2.5}, "spec-value"),
        ({"kind": "ordinal"}, "spec-value"),
        ({"unit": "month"}, "spec-value"),
        ({"unit": ["months"]}, "spec-value"),
    ],
)
def test_a_specification_that_cannot_be_is_refused(quiet, change, code):
    with pytest.raises(InputError) as caught:
        Monitor.from_tables(quiet.base, {**quiet.spec, **change})
    assert caught.value.code == code


def test_a_report_without_a_look_is_refused(watched, tmp_path):
    with pytest.raises(UsageError) as caught:
        watched.report(tmp_path / "m.html")
    assert caught.value.code == "no-look"


def test_a_report_and_predictions_of_one_name_are_refused_before_anything_is_read(tmp_path, capfd):
    files = [tmp_path / name for name in ("base.csv", "new.csv", "spec.json", "next.csv")]
    words = [w for pair in zip(("--base", "--new", "--spec", "--apply"), files, strict=True) for w in pair]
    call = ["monitor", *words, "--as-of", "24", "--out", tmp_path / "r.json", "--predictions", tmp_path / "r.json"]
    assert run([str(each) for each in call]) == 2
    assert "error[out-twice]" in capfd.readouterr().err


def _unnamed(spec):
    """A specification without the survival at the horizon, which would contradict another one."""
    return {name: value for name, value in spec.items() if name != "survival_at_horizon"}


def test_a_horizon_in_another_unit_than_the_times_is_refused(quiet):
    """Three years as 1096 where times are months, and four as 4 where they are days."""
    with pytest.raises(NotAnswerableError, match="days where times are in months") as caught:
        Monitor.from_tables(quiet.base, _unnamed(quiet.spec) | {"horizon": 1096.0})
    assert caught.value.code == "horizon"
    late = quiet.base[quiet.base["time"] > 1.0].assign(time=lambda frame: 30.4375 * frame["time"])
    with pytest.raises(InputError, match="months or years where times are in days") as caught:
        Monitor.from_tables(late, _unnamed(quiet.spec) | {"horizon": 4.0})
    assert caught.value.code == "horizon-unit"


def test_a_horizon_that_few_events_precede_is_doubted_at_each_look(quiet, snapshot):
    """By hand: 12 of some 900 events lie before 18 days, a hundredth of the follow-up; all others after a month."""
    days = quiet.base[quiet.base["time"] > 1.0].assign(time=lambda frame: 30.4375 * frame["time"])
    days.loc[days.index[days["event"] == 1][:12], "time"] = 10.0
    watched = Monitor.from_tables(days, _unnamed(quiet.spec) | {"horizon": 18.0})
    report = watched.check(snapshot.assign(time=lambda frame: 30.4375 * frame["time"]), as_of=24.0, look=7)
    assert "horizon-unit-suspect" in _codes(report)


@pytest.mark.parametrize("factor", [30.4375, 1 / 12])
def test_a_survival_at_the_horizon_that_contradicts_the_expected_hazard_is_refused(quiet, factor):
    """A horizon of 24 months where times are in days or in years: the survival of most patients would rise."""
    base = quiet.base.assign(time=lambda frame: factor * frame["time"])
    with pytest.raises(TableError, match="it would rise with time") as caught:
        Monitor.from_tables(base, quiet.spec | {"horizon": min(24.0, base["time"].max())})
    assert (caught.value.code, caught.value.place) == ("horizon-survival", 'column "surv24"')


def test_long_numbers_as_ids_stay_apart_where_pandas_made_them_floats(quiet, snapshot):
    """1234567 and 1234568 are two patients, however many digits a number is shown with."""
    numbered = snapshot.assign(patient_id=np.arange(len(snapshot)) + 1_234_567)
    frames = (numbered, numbered.astype({"patient_id": float}))
    whole, floats = (Monitor.from_tables(quiet.base, quiet.spec).check(each, as_of=24.0, look=8) for each in frames)
    assert whole.action == "keep"
    assert whole.checks.equals(floats.checks)
    assert _codes(whole) == _codes(floats)
