"""Tables behind the first page of a patient: as many options as a published model has, and as few as a study."""

import dataclasses
import re

import pandas as pd
import pytest

from genorx import published
from genorx.ranking.answer.answer import Support
from genorx.report import report_html
from genorx.report.estimate_tables import outcome_table, reason_table, together
from genorx.report.labelled import labelled

_WOMAN = {
    "patient_id": "A", "age": 57, "size": 29, "grade": 3, "nodes": 5, "er": 1, "pr": 1, "her2": 1, "ki67": 1,
    "screen": 0, "generation": 3, "smoker": 0, "heart_gy": 2.0, "postmenopausal": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def ranking():
    """Two women by PREDICT 3.1: one with every option (2**5 combinations and 10 years of hormones), one too young."""
    return published.load("predict-breast@3.1").rank(pd.DataFrame([_WOMAN, _WOMAN | {"patient_id": "B", "age": 20}]))


def test_many_options_are_rows_and_the_horizons_of_an_outcome_stand_side_by_side(ranking):
    """48 = 2 (radiotherapy) x 3 (hormones: none, 5, 10 years) x 2 x 2 x 2; five numbers of each."""
    shown = labelled(ranking)
    table = outcome_table(shown, shown.answers[0], None)
    assert table.is_turned
    assert len(table.rows) == 48
    assert table.heads == (
        "overall survival: alive at 5 years",
        "overall survival: alive at 10 years",
        "overall survival: alive at 15 years",
        "death from breast cancer: probability by 10 years",
        "death from another cause: probability by 10 years",
    )
    best, cells = table.rows[0]
    assert best.startswith("radiotherapy + hormone therapy for 5 years")
    known = {(each.outcome, each.horizon): each.estimate for each in ranking.answers[0].options[0].estimates}
    assert cells[1] == (f"{100 * known['os', 10.0]:.0f} %", "")


def test_few_options_are_columns(ranking):
    few = published.load("predict-breast@3.1").rank(pd.DataFrame([_WOMAN]), options=["c", "ct"])
    table = outcome_table(few, few.answers[0], None)
    assert not table.is_turned
    assert set(table.heads) == {"none", "c", "ct"}


def test_a_treatment_of_a_published_model_has_one_row_with_what_it_adds(ranking):
    """Six treatments, not 47 columns; the gain in the fullest option is that of ``published.options.ranked.gains``."""
    table = reason_table(ranking.answers[0])
    assert table.title == "What each treatment adds"
    assert len(table.rows) == 6
    from genorx.published.options.ranked import gains

    known = gains(published.load("predict-breast@3.1"), pd.DataFrame([_WOMAN]))
    fullest = known[(known["option"] == "rhctb") & (known["treatment"] == "chemotherapy")]["gain"].item()
    alone = known[(known["option"] == "c") & (known["treatment"] == "chemotherapy")]["gain"].item()
    row = next(cells for name, cells in table.rows if name == "chemotherapy")
    assert row[1:] == (
        f"+{100 * fullest:.2f} percentage points at 10 years",
        f"+{100 * alone:.2f} percentage points at 10 years",
    )


def test_a_patient_without_estimate_has_one_row_and_the_reason_in_the_headline(ranking):
    page = report_html(ranking)
    start, end = page.index('id="patient-2"'), page.index("Appendix")
    own = page[start:end]
    assert "No option can be estimated for this patient: age 20 years is outside 25 to 85" in own
    assert own.count('class="tag no-estimate"') == 1
    assert "all 48 options" in own
    assert "Patient B: figures and tables" not in page
    assert "the 12 best of 47 options" in page
    assert not re.search(r"\b(rhctb|Hctb)\b", page)


def test_the_shared_row_of_options_without_estimate_has_no_number_of_one_of_them(make_answer, make_ranking):
    """All eight options had "30 of 111" patients alike, which was that of the first."""
    bare = make_answer().options[-1]
    support = Support(effective_n=30.0, patients=111, propensity=0.1)
    options = tuple(dataclasses.replace(bare, option=f"option {n}", support=support) for n in range(8))
    page = report_html(make_ranking(dataclasses.replace(make_answer(), options=options, reference="option 0")))
    assert "all 8 options" in page
    assert "30 of 111" not in page


def test_options_are_named_or_counted():
    assert together(["a", "b"], 2) == "all 2 options"
    assert together(["a"], 3) == "a"
    assert together(list("abcdefg"), 9) == "7 of 9 options"
