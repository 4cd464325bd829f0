"""The page of a monitor: what it says first, in which unit, and that nothing is said twice.

Expected dates are of the calendar, ratios are exponentials by hand.
"""

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from genorx._core.number_words import p_text
from genorx.datasets import make_monitoring_history
from genorx.errors import Finding
from genorx.monitor import Monitor, TableRoles
from genorx.report import monitor_html
from genorx.report.clock import Clock


@pytest.fixture(scope="module")
def made():
    return make_monitoring_history("baseline_up", seed=1, patients=400, per_month=25)


@pytest.fixture(scope="module")
def look(made):
    return Monitor.from_tables(made.base, made.spec).check(made.snapshots[24.0], as_of=24.0, look=7)


def test_a_reason_is_said_once_beside_its_finding(look):
    held = replace(
        look,
        action="hold",
        reasons=["wbc has taken a step"],
        findings=(
            Finding(code="monitor-step", severity="serious", message="wbc has taken a step"),
            Finding(code="monitor-shift", severity="info", message="patients are older"),
        ),
    )
    page = monitor_html([held])
    top = page.split("<h2>")[0]
    assert top.count("wbc has taken a step") == 1
    assert "patients are older" in top
    assert "Wbc" not in page
    assert "compare no outcomes" in top


def test_keep_is_not_said_to_be_right(look):
    kept = replace(look, action="keep", updates=())
    assert "does not show that the model is right" in monitor_html([kept]).split("<h2>")[0]


def test_the_ratio_of_all_stands_at_the_top_with_its_interval(look):
    row = look.calibration[look.calibration["group"] == "all"].iloc[0]
    shown = f"{row['ratio']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})"
    assert shown in monitor_html([look]).split("<h2>")[0]


def test_one_look_is_no_course_over_time(look):
    assert "Calibration over time" not in monitor_html([look])
    assert "Calibration over time" in monitor_html([look, replace(look, as_of=27.0, look=8)])


def test_times_have_the_unit_of_the_specification(made, tmp_path):
    watched = Monitor.from_tables(made.base, made.spec | {"unit": "months"})
    watched.check(made.snapshots[24.0], as_of=24.0, look=7)
    watched.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert "snapshot at 24 months." in page
    assert "in the last 18 months before the snapshot" in page
    assert "unit of the tables" not in page
    assert TableRoles.read(made.spec | {"unit": "months"}).unknown == ()


def test_a_look_of_a_date_shows_the_date_and_no_number(look):
    months = (date(2026, 6, 30) - date(1970, 1, 1)).days / 30.4375
    dated = replace(look, as_of=months)
    page = monitor_html([dated, replace(dated, as_of=months + 3, look=8)], clock=Clock(unit="months", dated=True))
    assert "snapshot on 2026-09-29." in page  # 91.3 days later
    assert "2026-06-30" in page
    assert "677.9" not in page
    assert "Date of the snapshot" in page


def test_a_reason_says_dates_where_looks_have_dates_and_no_power_of_ten(made):
    """In days since 1970 with months of 30.4375 days, month 48 is day 1461, the first of January 1974."""
    in_days = ("arrived", "time", "recorded_after")
    base, new = (
        table.assign(**{name: table[name] * 30.4375 for name in in_days if name in table})
        for table in (made.base, made.snapshots[48.0])
    )
    watched = Monitor.from_tables(base, made.spec | {"horizon": 24 * 30.4375, "unit": "days"})
    report = watched.check(new, as_of="1974-01-01", look=15)
    (reason,) = report.reasons
    after = date(1970, 1, 1) + timedelta(days=round(report.update["arrived_after"]))
    assert f"patients who arrived after {after.isoformat()}, " in reason
    assert "smallest p-value < 0.001" in reason
    assert reason in monitor_html([report], clock=Clock(unit="days", dated=True)).replace("&lt;", "<")


def test_an_update_is_shown_as_a_ratio_of_hazards(made):
    """The hazard rises by half from month 18 on."""
    late = Monitor.from_tables(made.base, made.spec).check(made.snapshots[48.0], as_of=48.0, look=15)
    (update,) = late.updates
    intercept = update.to_dict()["intercept"]
    assert 0.1 < intercept < 0.8
    assert f'<td class="num">× {math.exp(intercept):.2f} (' in monitor_html([late])


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.05, "0.05"), (1.7e-163, "1.7 × 10⁻¹⁶³"), (9.96e-5, "1.0 × 10⁻⁴"), (float("nan"), "–"), (0.0, "0")],
)
def test_a_small_p_value_is_written_by_powers_of_ten(p, text):
    assert p_text(p) == text
