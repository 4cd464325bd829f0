"""The page of a report: what is usual use, what is open, what is not known; expected rows are CPIC's and DPWG's."""

import re
from dataclasses import replace

from genorx import pgx
from genorx.errors import Finding
from genorx.knowledge import default_pack

NOTE = Finding(code="no-calls", severity="info", message="the lesser one")
GRAVE = Finding(code="records-filtered", severity="serious", message="the grave one")


def line(page, start):
    return re.search(rf"<p>{re.escape(start)}[^<]*</p>", page).group(0)


def test_warfarin_is_handed_to_its_algorithm_and_is_not_called_usual_use(write_vcf):
    """CPIC has no rows for warfarin: genotypes of CYP2C9, VKORC1, CYP4F2 and rs12777823 go into its flow chart."""
    genes = ["CYP2C9", "VKORC1", "CYP4F2"]
    (report,) = pgx.call(write_vcf(genes, {"rs1799853": "0/1", "rs12777823": "0/1"}))
    page = report.to_html()
    stated = line(page, "By the guideline")
    assert "warfarin: " in stated
    assert "CYP2C9 *1/*2" in stated
    assert "rs12777823 G/A" in stated
    assert "warfarin" not in line(page, "Usual use by all rows found")


def test_a_row_without_recommendation_is_not_usual_use(write_vcf):
    """Each drug of the lists is checked against its own rows."""
    (report,) = pgx.call(write_vcf(["CYP2C19"], {"rs4244285": "0/1"}))
    page = report.to_html()
    usual, undecided = line(page, "Usual use by all rows found"), line(page, "Rows without a recommendation")
    assert "neither usual use nor a change" in undecided
    for drug, rows in report.drugs.items():
        actions = {row.row.action for row in rows}
        listed = re.split(r"[:,.<] ?", usual)
        assert (drug in listed) == (actions == {"standard"}), drug
        assert (drug in re.split(r"[:,.<] ?", undecided)) == (
            "no_recommendation" in actions and actions <= {"standard", "no_recommendation"}
        ), drug
    assert any(not rows for rows in report.drugs.values())


def test_hostile_names_are_escaped(write_vcf):
    path = write_vcf(["VKORC1"])
    path.write_text(path.read_text().replace("\tS1\n", "\t<script>x</script>\n"))
    page = pgx.call(path)[0].to_html()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert default_pack().release in page


def test_serious_findings_come_first_and_a_name_hides_nothing(write_vcf):
    """The sample's name holds an override of direction; it stays in the data and is an escape on the page."""
    path = write_vcf(["CYP2C19"])
    path.write_text(
        path.read_text().replace("\tFORMAT\tS", "\tFORMAT\tS\u202e").replace("\tFORMAT\tN", "\tFORMAT\tN\u202e")
    )
    (report,) = pgx.call(path)
    assert "\u202e" in report.sample
    for page in (report.to_html(), report._repr_html_()):
        assert "\u202e" not in page
        assert "\\u202e" in page
    found = replace(report, findings=(NOTE, GRAVE))
    page = found.to_html()
    assert page.index("the grave one") < page.index("the lesser one") < page.index("<h3>")
