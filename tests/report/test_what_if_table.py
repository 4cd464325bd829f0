"""The table of a change: what a reader sees, and that texts are escaped."""

import pandas as pd
import pytest

from genorx.errors import Finding
from genorx.ranking import WhatIf
from genorx.report import report_html
from genorx.report.what_if_table import what_if_html, what_if_view

_NONE = dict.fromkeys(
    ["changed", "changed_lower", "changed_upper", "difference", "difference_lower", "difference_upper"], None
)
_HEAD = {"patient_id": "P1", "option": "new <b>", "outcome": "os", "measure": "survival", "horizon": 36.0, "unit": ""}
_NUMBERS = {"estimate": 0.5, "lower": 0.4, "upper": 0.61, "changed": 0.56, "changed_lower": 0.44, "changed_upper": 0.66}
_GAP = {"difference": 0.06, "difference_lower": -0.01, "difference_upper": 0.12, "probability_better": 0.94}


def change(rows, **more):
    values = {"changes": {"smoking_status": "former"}, "kind": "prediction", "label": "prediction: not an effect"}
    return WhatIf(frame=pd.DataFrame(rows), **(values | more))


@pytest.fixture
def found():
    whole = {**_HEAD, **_NUMBERS, **_GAP, "reason": ""}
    none = {**whole, **_NONE, "patient_id": "P2", "probability_better": None, "reason": "who never smoked <i>"}
    median = {**whole, "measure": "median"}
    note = Finding(code="what-if-kept", severity="info", message="left as they are: pack_years")
    return change([whole, median, none], findings=(note,), time_units={"os": "months"})


def test_probabilities_are_in_per_cent_and_differences_in_points(found):
    _, rows, _ = what_if_view(found).patients[0]
    outcome = "os, event-free at 36 months"
    assert rows == (
        ("new <b>", outcome, "50.0 % (40.0 to 61.0)", "56.0 % (44.0 to 66.0)", "+6.0 (−1.0 to +12.0)", "94 %"),
    )


def test_a_patient_without_estimate_has_a_dash_and_the_reason(found):
    _, rows, reasons = what_if_view(found).patients[1]
    assert rows[0][3:] == ("–", "–", "–")
    assert reasons == ("who never smoked <i>",)


def test_an_amount_has_its_unit(found):
    frame = found.frame.iloc[[0]].assign(measure="value", unit="kg", horizon=None)
    _, rows, _ = what_if_view(change(frame.to_dict("records"))).patients[0]
    assert rows[0][1:3] == ("os, expected (kg)", "0.50 (0.40 to 0.61)")


def test_a_notebook_shows_what_it_is_and_escapes_texts(found):
    html = what_if_html(found)
    assert "Prediction: not an effect." in html
    assert "What if: smoking_status former" in html
    assert "Left as they are: pack_years." in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert found._repr_html_() == html


def test_a_notebook_shows_five_patients_and_counts_the_others(found):
    rows = [found.frame.iloc[0].to_dict() | {"patient_id": f"P{number}"} for number in range(8)]
    assert "3 more patients" in what_if_html(change(rows))


def test_an_effect_is_against_the_reference(found):
    view = what_if_view(change(found.frame.to_dict("records"), kind="effect"))
    assert (view.before, view.after) == ("Reference option", "This option")


def test_the_page_has_the_change_where_it_is_given(ranking, found):
    assert "What if: smoking_status former" in report_html(ranking, what_if=found)
    assert "What if" not in report_html(ranking)
