"""What a page says against an option beside its advice, once each; expected words follow from the rows given here."""

import dataclasses
import re

import pytest

from genorx.errors import Finding
from genorx.report import plot_benefit_harm, plot_differences, plot_reasons, report_html

_ROW = {"source": "civic", "id": "civic:EID1", "tier": "R-I", "relation": "exact", "level": "B", "reason": "r"}
_PART = _ROW | {"direction": "supports resistance to one drug of it", "therapy": "Cetuximab"}
_FOR = _ROW | {"id": "civic:EID2", "tier": "I-A", "direction": "supports sensitivity", "therapy": "E + C"}
_GUIDED = {"gene": "DPYD", "phenotype": "1.0", "drug": "fluorouracil", "action": "reduce", "strength": "Strong"}
_SAFETY = (
    _GUIDED | {"source": "CPIC PA1"},
    _GUIDED | {"source": "DPWG PA2", "strength": "N/A", "phenotype": "1.0 (Intermediate Metabolizer)"},
)


@pytest.fixture
def marked(make_answer, make_ranking):
    """The recommended option has evidence of resistance to one of its drugs, and two rows of guidance on another."""
    found = Finding(code="drug-unknown", severity="warning", message="no knowledge pack has guidance for x", place="a")
    answer = make_answer(findings=(found, dataclasses.replace(found, place="b")))
    first, *others = answer.options
    first = dataclasses.replace(first, evidence=(_FOR, _PART), axes="both", safety=_SAFETY, safety_marks=_SAFETY)
    rest = [dataclasses.replace(each, axes="model only") for each in others]
    return make_ranking(dataclasses.replace(answer, options=(first, *rest)))


def _text(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


def test_resistance_of_the_strongest_tier_is_marked_beside_the_advice(marked):
    summary, _, patient = _text(report_html(marked)).partition("Patient P0001 ")
    mark = "recommended fluorouracil: reduce (strong, not graded) evidence of resistance to Cetuximab alone (tier R-I)"
    assert mark in summary
    assert mark in patient
    assert "tier I-A; 1 record for it, 1 against" in patient
    assert "supports resistance to Cetuximab alone" in patient


def test_guidance_on_a_drug_is_said_once_with_its_sources(marked):
    assert "fluorouracil: reduce (CPIC, DPWG), by DPYD " in _text(report_html(marked, short=True))


def test_a_row_of_guidance_stands_once_for_the_options_that_have_the_drug(marked):
    """Two options with one drug had the same row twice; of all options only the number is said."""
    answer = marked.answers[0]
    both = [dataclasses.replace(each, safety=_SAFETY[:1]) for each in answer.options]
    page = report_html(dataclasses.replace(marked, answers=(dataclasses.replace(answer, options=tuple(both)),)))
    rows = page.partition("<h3>Safety</h3>")[2].partition("</table>")[0]
    assert rows.count("CPIC PA1") == 1
    assert f"all {len(both)} options" in rows


def test_options_without_a_record_of_evidence_share_a_sentence(marked):
    """Rows of dashes said so one by one; an option of which none was looked up keeps its row."""
    first, *others = marked.answers[0].options
    text = _text(report_html(marked))
    assert f"No record was found for {', '.join(each.option for each in others)}." in text
    unknown = dataclasses.replace(others[0], axes=None)
    options = (first, unknown, *others[1:])
    answer = dataclasses.replace(marked.answers[0], options=options)
    page = report_html(dataclasses.replace(marked, answers=(answer,)))
    assert f"No record was found for {unknown.option}" not in _text(page)
    assert "<td>not looked up</td>" in page


def test_the_summary_counts_the_warnings_that_are_listed(marked):
    """Two options with the same drug have a finding each; the page says it once."""
    text = _text(report_html(marked, short=True))
    assert "1 warning " in text
    assert text.count("no knowledge pack has guidance for x") == 1


def test_a_reason_for_no_estimate_is_not_said_again_as_a_finding(make_answer, make_ranking):
    reason = make_answer().options[-1].no_estimate_reason
    again = Finding(code="published-outside-range", severity="serious", message=reason)
    page = report_html(make_ranking(make_answer(findings=(again,))), short=True)
    assert _text(page).count(reason) == 1


def test_figures_carry_the_labels_of_the_study(make_ranking):
    labels = {
        "options": {"targeted": "A BRAF inhibitor", "chemotherapy": "Standard chemotherapy"},
        "outcomes": {"os": "Overall survival"},
        "features": {"age_years": "Age"},
    }
    made = make_ranking(labels=labels)
    ax = plot_differences(made)
    assert ax.get_yticklabels()[0].get_text() == "A BRAF inhibitor"
    assert "against Standard chemotherapy" in ax.get_xlabel()
    assert "Age: 59.5" in [label.get_text() for label in plot_reasons(made, "targeted").get_yticklabels()]
    harm = plot_benefit_harm(made, harm="severe_toxicity")
    assert "Overall survival" in harm.get_ylabel()
    assert "A BRAF inhibitor" in [text.get_text() for text in harm.get_legend().get_texts()]


def test_the_chance_of_a_grade_says_of_which(make_ranking):
    page = _text(report_html(make_ranking(counted={"severe_toxicity": "grade 2 or more"})))
    assert "severe_toxicity: probability of grade 2 or more" in page
    assert "severe_toxicity: probability " in _text(report_html(make_ranking()))
