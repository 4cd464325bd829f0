"""Findings on a page: those that matter most first, every text escaped."""

from pathlib import Path

import pytest

import genorx
from genorx._core.page import findings_block, finished, html_table, notebook_part, templates, whole_page
from genorx._core.svg import DARK_COLOURS
from genorx._core.version import __version__
from genorx.errors import Finding

INFO = Finding(code="no-calls", severity="info", message="3 no-calls")
SERIOUS = Finding(
    code="annotation-none", severity="serious", message="<b>nothing</b> was read", place="a.vcf", patient_id="P1"
)


def test_serious_findings_come_first_and_once():
    block = findings_block([INFO, SERIOUS, INFO])
    assert block.index("was read") < block.index("3 no-calls")
    assert block.count("3 no-calls") == 1
    assert 'class="finding serious"' in block
    assert "patient P1" in block


def test_texts_are_escaped_and_severities_can_be_chosen():
    block = findings_block([INFO, SERIOUS], severities=["serious"])
    assert "&lt;b&gt;nothing" in block
    assert "3 no-calls" not in block
    assert findings_block([]) == ""


def test_a_finished_page_hides_nothing():
    assert finished("<p>P1\u202egnorw</p>\n") == "<p>P1\\u202egnorw</p>\n"


def test_templates_know_the_block():
    assert "findings_block" in templates("genorx.report").globals


def test_a_whole_page_and_a_part_have_the_one_style_and_text_is_escaped():
    page = whole_page("A <b> title", "<p>body</p>", heading="Heading <i>")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<main") == page.count("<h1") == 1
    assert "<title>A &lt;b&gt; title</title>" in page
    assert "Heading &lt;i&gt;" in page
    assert "width=device-width" in page
    style = page[page.index("<style>") + len("<style>") :].partition("@media")[0]
    part = notebook_part("<p>body</p>")
    assert style in part
    assert "<main" not in part


def test_a_table_scrolls_in_its_box_and_one_without_rows_is_nothing():
    table = html_table(("A", "B"), [("<b>", "2")], caption="C")
    box, _, rest = table.partition('<table class="kept">')
    assert 'class="scroll"' in box
    assert 'tabindex="0"' in box  # the keyboard reaches it (WCAG 2.1.1)
    assert rest.startswith("<caption>C</caption>")
    assert "<td>&lt;b&gt;</td>" in table
    assert html_table(("A",), []) == ""


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("mandatory", "<td>mandatory</td>"),
        ("2026-03-02", '<td class="num">2026-03-02</td>'),
        ("a" * 64, f'<td class="long">{"a" * 64}</td>'),
        ("diagnosisRecordedDate", '<td class="word">diagnosisRecordedDate</td>'),
    ],
)
def test_on_paper_only_long_words_are_broken_and_a_date_is_kept_on_its_line(text, cell):
    assert cell in html_table(("A", "B"), [("1", text)])


def test_a_table_without_names_of_columns_names_its_rows():
    """An empty head said nothing to a reader of the screen, and left a gap above the table."""
    table = html_table(("", ""), [("Patient", "P1")], caption="C")
    assert "<thead" not in table
    assert '<tr><th scope="row">Patient</th><td>P1</td></tr>' in table


def test_every_template_opens_its_tables_with_the_box_that_the_keyboard_reaches():
    """WCAG 2.1.1: what scrolls can be reached without a mouse; one constant says how."""
    files = [each for each in Path(genorx.__file__).parent.rglob("templates/*") if each.suffix in (".html", ".jinja")]
    assert len(files) > 10
    assert not [each.name for each in files if 'class="scroll"' in each.read_text(encoding="utf-8")]


def test_a_page_has_dark_colours_for_every_colour_of_a_figure_and_a_part_keeps_its_own():
    page, part = whole_page("T", "<p>body</p>"), notebook_part("<p>body</p>")
    assert "prefers-color-scheme:dark" in page
    assert all(f"--f{light}:#{dark}" in page for light, dark in DARK_COLOURS.items())
    assert "prefers-color-scheme" not in part


def test_a_whole_page_says_at_its_end_from_which_versions_it_was_made():
    page = whole_page("T", "<p>body</p>", versions=["civic-evidence 2026-05", "a <pack> 1"])
    end = page[page.index("<footer") :]
    assert f"genorx {__version__}; civic-evidence 2026-05; a &lt;pack&gt; 1." in end
    assert f"genorx {__version__}." in whole_page("T", "<p>body</p>")


def test_a_column_without_text_is_left_out_and_a_negative_number_has_a_true_minus():
    table = html_table(("Day", "Why", "Moved"), [("1", "", ""), ("2", "late", "")])
    assert '<th scope="col">Why</th>' in table
    assert "Moved" not in table
    assert table.count("<td") == 4
    outside = Finding(code="outside-training-range", severity="serious", message="x -40 is outside -3 to 3.2")
    assert "x \N{MINUS SIGN}40 is outside \N{MINUS SIGN}3 to 3.2" in findings_block([outside])
