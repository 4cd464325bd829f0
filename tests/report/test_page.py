"""The page: whole, closed to the outside, safe with hostile text, the same bytes each time."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from genorx.report import ranking_html, report_html, write_report

HOSTILE = '<script>alert("x")</script>'
VOID = {"meta", "link", "br", "img", "hr", "input", "path", "use"}


class Structure(HTMLParser):
    """Collects tags, ids and what a browser would fetch or run; fails on badly nested tags."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag


def parsed(text):
    structure = Structure()
    structure.feed(text)
    assert structure.open == []
    return structure


def test_page_is_well_nested_and_every_id_is_unique(make_answer, make_ranking):
    """HTML rule, checked by the standard library's parser, with two patients on the page."""
    structure = parsed(report_html(make_ranking(make_answer(), make_answer("P0002"))))
    assert len(structure.ids) == len(set(structure.ids)) > 10
    assert structure.tags.count("svg") == 4


def test_page_runs_no_script_and_fetches_nothing(ranking):
    """Issue: self-contained, no script, no network."""
    structure = parsed(report_html(ranking))
    assert not {"script", "iframe", "object", "link", "img"} & set(structure.tags)
    fetched = [value for name, value in structure.attributes if name in ("href", "src", "xlink:href")]
    assert all(value.startswith("#") for value in fetched)
    assert not [name for name, _ in structure.attributes if name.startswith("on")]
    assert "@import" not in report_html(ranking)


def test_page_holds_the_parts_that_the_issue_asks_for(ranking):
    """Issue: ranking, curves, forest plot, what moved it, what is not known, data and versions, disclaimer once."""
    page = report_html(ranking)
    for part in ("Options, best first", "Probability event-free under each option", "Difference against chemotherapy"):
        assert part in page
    for part in ("What moved the estimate", "What is not known", "Data and versions", "No unmeasured confounding."):
        assert part in page
    assert "age_years 80.5 is above 74.9" in page
    assert page.count("research and decision support") == 1
    assert "a1" * 32 in page
    assert "Simulated" not in page


def test_numbers_on_the_page_are_those_of_the_answer(ranking):
    """Written out by hand from the fixture: +4.2 (1.3 to 7.0) months, chance 0.997, 61 of 200 alike."""
    page = report_html(ranking)
    assert "+4.2 (+1.3 to +7.0)" in page
    assert "&gt; 99 %" in page
    assert "61 of 200" in page
    assert "18 % (11 to 29)" in page
    assert "not reached" in page


def test_hostile_text_comes_out_escaped_everywhere(make_answer, make_ranking):
    """Issue: names, ids, treatments with markup come out escaped in HTML, in the tables and inside the figures."""
    answer = make_answer(HOSTILE, reference=HOSTILE + "ref", new=HOSTILE + "new", absent="_$x^{")
    ranking = make_ranking(answer, name=HOSTILE, notes=(HOSTILE,))
    for page in (report_html(ranking), ranking_html(ranking)):
        assert "<script" not in page.lower()
        assert "&lt;script&gt;" in page
        assert "script" not in parsed(page).tags


@pytest.mark.parametrize("name", ["_hidden", "$\\frac{", "a\x00b\x1bc", "治療", "x" * 500, "&amp;", '" onload="x'])
def test_any_name_of_an_option_can_be_drawn(name, make_answer, make_ranking):
    """Underscore hides labels, dollar starts formulae, control characters break XML: none may break the page."""
    structure = parsed(report_html(make_ranking(make_answer(new=name))))
    assert structure.tags.count("svg") == 2
    assert "onload" not in dict(structure.attributes)


def test_truth_stands_beside_the_estimate_and_is_called_simulated(ranking):
    """Issue: say so in the report; values from the table given."""
    truth = pd.DataFrame(
        {
            "patient_id": ["P0001"] * 2,
            "option": ["chemotherapy", "targeted"],
            "rmst": [20.04, 24.11],
            "survival": [0.41, 0.62],
            "delta_rmst": [0.0, 4.07],
            "severe_toxicity": [0.10, 0.22],
        }
    )
    page = report_html(ranking, truth=truth)
    assert "Simulated patients." in page
    for value in ("truth 24.1", "truth 62 %", "truth 22 %", '<td class="truth">+4.1</td>', "truth (simulated)"):
        assert value in page


def test_same_ranking_gives_the_same_bytes(ranking, tmp_path):
    """Determinism: no date of the drawing, no random ids."""
    for name in ("one.html", "two.html"):
        write_report(ranking, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.html", "two.html"))
    assert one == two
    assert not re.search(rb"<dc:date>", one)


def test_findings_are_shown_serious_first(any_finding, make_answer, make_ranking):
    """Nothing known to be wrong is left out of the page."""
    findings = (any_finding("the lesser one", "info"), any_finding("the grave one", "serious"))
    page = report_html(make_ranking(make_answer(findings=findings), findings=(any_finding("concerns all"),)))
    assert page.index("the grave one") < page.index("the lesser one")
    assert "concerns all" in page


def test_notebook_fragment_counts_the_patients_that_it_leaves_out(make_answer, make_ranking):
    """Nothing dropped without being counted: five shown of seven."""
    ranking = make_ranking(*(make_answer(f"P{number}") for number in range(7)))
    fragment = ranking_html(ranking)
    assert "2 more patients" in fragment
    assert "<html" not in fragment
    assert ranking_html(make_ranking(make_answer())) == make_ranking(make_answer())._repr_html_()


def test_failed_page_leaves_no_file(ranking, tmp_path):
    """Whole or not at all."""
    with pytest.raises(KeyError):
        write_report(ranking, tmp_path / "page.html", truth=pd.DataFrame({"nothing": [np.nan]}))
    assert list(tmp_path.iterdir()) == []


MARKED = "P1\u202egnorw\u200b\x01"


def test_serious_findings_stand_on_top_of_a_fragment_and_of_an_evaluation(any_finding, make_answer, make_ranking):
    """A reader of the first lines must not miss what makes the others doubtful."""
    grave = any_finding("the grave one", "serious")
    fragment = ranking_html(make_ranking(make_answer(), findings=(grave, any_finding("a lesser one"))))
    assert fragment.index("the grave one") < fragment.index("<table")
    assert "a lesser one" not in fragment


def test_a_name_hides_nothing_on_the_page_or_in_its_figures(make_answer, make_ranking):
    """An override of direction would turn round the text beside it, and a control character is no XML."""
    ranking = make_ranking(make_answer(MARKED))
    for page in (report_html(ranking), ranking_html(ranking), ranking._repr_html_()):
        assert not set("\u202e\u200b\x01") & set(page)
        assert "P1\\u202egnorw\\u200b\\u0001" in page
        parsed(page)
