"""The page of a report: what is usual use, what is open, what is not known; expected rows are CPIC's and DPWG's."""

import re
from dataclasses import replace

from genorx import pgx
from genorx.errors import Finding
from genorx.knowledge import default_pack

NOTE = Finding(code="no-calls", severity="info", message="the lesser one")
#: One copy of CYP2C19*2; *1 and *2 both have the base of rs3758581 (PharmVar).
_ONE_COPY = {"rs4244285": "0/1", "rs12769205": "0/1", "rs3758581": "1/1"}
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
    assert "warfarin" not in line(page, "Rows without a recommendation")  # said once, with its genotypes
    assert "))" not in stated


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
            "no_recommendation" in actions
            and actions <= {"standard", "no_recommendation"}
            and all(row.row.keys for row in rows)  # a guideline with an algorithm of its own has a line of its own
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


def test_rows_stand_by_drug_and_source_with_a_link_to_the_guideline(write_vcf):
    """CPIC and DPWG both have rows on clopidogrel; the ids are those of the pack."""
    (report,) = pgx.call(write_vcf(["CYP2C19"], _ONE_COPY))
    page = report.to_html()
    row = next(row for row in report.drugs["clopidogrel"] if row.row.action == "alternative")
    assert f'<a href="{row.guideline.url}">{row.guideline.source} {row.guideline.date}, {row.row.id}</a>' in page
    assert page.count(">clopidogrel</th>") == 1
    assert "acute coronary syndrome or percutaneous coronary intervention" in page
    assert "CVI ACS PCI" not in page


def test_a_link_of_a_pack_that_is_no_web_address_is_no_link(write_vcf):
    (report,) = pgx.call(write_vcf(["CYP2C19"], _ONE_COPY))
    rows = report.drugs["clopidogrel"]
    hostile = [replace(row, guideline=replace(row.guideline, url="javascript:alert(1)")) for row in rows]
    assert "javascript:" not in replace(report, drugs={"clopidogrel": hostile}).to_html()


def test_what_was_not_tested_is_named_with_the_drugs_that_depend_on_it(write_vcf):
    """Guidance on codeine asks for CYP2D6, which a variant file does not tell."""
    (report,) = pgx.call(write_vcf(["CYP2C19"]))
    page = report.to_html()
    at = page.index("Not known, and what depends on it")
    row = re.search(r'<th scope="row">CYP2D6</th><td>CYP2D6 was not tested</td><td>([^<]*)</td>', page)
    assert "codeine" in row.group(1)
    assert "codeine" not in line(page, "No row found, all genes known")
    assert at < page.index("<h3>Genes</h3>")


def test_rows_on_the_reference_genotype_do_not_stand_on_top(write_vcf):
    """Nearly everybody lacks the variants of CFTR for which ivacaftor is approved."""
    (report,) = pgx.call(write_vcf(["CFTR", "CYP2C19"], _ONE_COPY))
    page = report.to_html()
    assert page.index("Rows on the reference genotype") < page.index(">ivacaftor</th>")
    assert page.index(">clopidogrel</th>") < page.index("Rows on the reference genotype")


def test_a_call_that_no_pair_explains_says_so(write_vcf):
    """rs4244285 without rs3758581, which every allele with it has (CYP2C19*2): no two alleles give these calls."""
    (report,) = pgx.call(write_vcf(["CYP2C19"], {"rs4244285": "0/1"}))
    assert not report.genes["CYP2C19"].call.called
    assert not report.genes["CYP2C19"].call.missing
    page = report.to_html()
    assert "no pair of the defined alleles explains the calls" in page
    assert "not assessed" not in page  # the column of calls says "not tested"
    assert "cyp2d6 structure unseen" not in page


def test_the_first_lines_say_of_how_many_genes_something_is_known(write_vcf):
    """The file has the sites of CYP2C19 alone; of other genes nothing follows, least of all that no drug changes."""
    (report,) = pgx.call(write_vcf(["CYP2C19"]))
    page = report.to_html()
    open_ = sum(not rows and bool(report.not_known(drug)) for drug, rows in report.drugs.items())
    assert f"1 of {len(report.genes)} genes have a call. {open_} of the drugs could not be evaluated" in page
    (nothing,) = pgx.call(write_vcf(["CYP2C19"], {"rs4244285": "0/1"}))
    assert "Not known: no gene has a call." in nothing.to_html()
    assert "None among the rows that apply" not in nothing.to_html()


def test_genes_that_were_not_tested_share_a_line_and_no_column_is_empty(write_vcf):
    """CYP2D6 keeps its row for what a variant file cannot show; no row on CYP2C19 *1/*1 has a dose in per cent."""
    (report,) = pgx.call(write_vcf(["CYP2C19"]))
    page = report.to_html()
    assert "<strong>increase</strong>" in page
    assert "TPMT" in line(page, "Not tested: ")
    assert "CYP2D6" not in line(page, "Not tested: ")
    assert "<td>TPMT</td>" not in page
    assert ">Dose</th>" not in page
    assert not re.search(r"<td>(?:n/a|N/A|No Result)</td>", page)


def test_a_gene_with_a_call_and_no_phenotype_is_not_said_to_be_unknown(write_vcf):
    """CPIC has no phenotypes of IFNL3 (pharmacogenes.md): the page called it unknown and showed its genotype."""
    (report,) = pgx.call(write_vcf(["IFNL3"]))
    assert report.genes["IFNL3"].call.called
    page = report.to_html()
    assert "IFNL3 was called, but has no phenotype to look up" in page
    assert "IFNL3 is not known" not in page


def test_notes_on_calls_are_explained(write_vcf):
    (report,) = pgx.call(write_vcf(["CYP2C19"]))
    page = report.to_html()
    assert "reference-allele" in report.genes["CYP2C19"].call.warnings
    assert "<dt>reference allele</dt><dd>no change was found" in page
    assert "<dt>unphased priority</dt>" not in page
