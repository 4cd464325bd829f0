"""Guidance handed to a ranking; expected rows are CPIC's for CYP2C19 poor metabolisers."""

import pytest

from genorx import pgx


@pytest.fixture
def report(write_vcf, tmp_path):
    table = tmp_path / "outside.tsv"
    table.write_text("CYP2C19\t*2/*2\n")
    return pgx.call(write_vcf(["CYP2C19"]), outside=table)[0]


def test_a_drug_to_avoid_makes_its_option_not_advised_with_the_row(report):
    found = pgx.drug_safety(report, {"dual": ["aspirin-like", "Clopidogrel"], "other": ["warfarin"]})
    assert found.not_advised == {"dual"}
    row = next(row for row in found.rows["dual"] if row["action"] == "avoid" and row["source"].startswith("CPIC"))
    assert (row["gene"], row["phenotype"], row["drug"]) == ("CYP2C19", "Poor Metabolizer", "clopidogrel")
    assert row["source"].endswith("(CVI ACS PCI)")
    assert all(isinstance(value, str) for value in row.values())
    dpwg = next(row for row in found.rows["dual"] if row["source"].startswith("DPWG"))
    assert dpwg["source"].endswith("(under a condition)")  # after a stent, a stroke or a TIA only


def test_an_unknown_drug_and_one_without_a_row_are_findings(report):
    found = pgx.drug_safety(report, ["aspirin-like", "codeine"])
    assert [f.code for f in found.findings] == ["drug-unknown", "drug-without-row"]
    assert found.rows == {"aspirin-like": (), "codeine": ()}
    assert found.not_advised == frozenset()


def stated(found, option):
    """Codes and messages of an option's findings."""
    return [(f.code, f.message) for f in found.findings if f.place == option]


def test_a_gene_without_call_is_a_finding_on_every_drug_that_needs_it(write_vcf):
    """No site seen at all: none of the pack's drugs may pass in silence, and none is advised against."""
    empty = write_vcf(["VKORC1"], {"rs9923231": None})
    empty.write_text(empty.read_text() + "chr1\t5\t.\tA\tC\t.\tPASS\t.\tGT\t0/0\n")
    (report,) = pgx.call(empty, assembly="GRCh38")
    assert not any(gene.call.called for gene in report.genes.values())
    found = pgx.drug_safety(report, list(report.drug_genes))
    assert len(found.rows) == 101
    for drug, genes in report.drug_genes.items():
        ((code, message),) = stated(found, drug)
        assert code in {"drug-without-row", "guidance-not-evaluated"}
        assert all(gene in message for gene in genes)
    assert found.not_advised == frozenset()


def test_a_second_gene_that_is_not_known_is_named_although_a_row_was_found(write_vcf):
    """Phenytoin: CPIC asks for CYP2C9 and HLA-B, which a VCF does not give; *15:02 would change everything."""
    (report,) = pgx.call(write_vcf(["CYP2C9"]))
    found = pgx.drug_safety(report, ["phenytoin", "celecoxib"])
    assert "standard" in {row["action"] for row in found.rows["phenytoin"]}
    ((code, message),) = stated(found, "phenytoin")
    assert code == "guidance-not-evaluated"
    assert "HLA-B" in message
    assert "CYP2C9" not in message
    assert stated(found, "celecoxib") == []


def test_an_indeterminate_phenotype_is_not_known(write_vcf, tmp_path):
    table = tmp_path / "o.tsv"
    table.write_text("CYP2C19\t*1/*12\n")
    (report,) = pgx.call(write_vcf(["CYP2C19"]), outside=table)
    assert report.genes["CYP2C19"].phenotypes == ["Indeterminate"]
    assert [code for code, _ in stated(pgx.drug_safety(report, ["clopidogrel"]), "clopidogrel")] == [
        "guidance-not-evaluated"
    ]


def test_a_drug_that_was_not_looked_up_is_not_called_unknown(write_vcf):
    (report,) = pgx.call(write_vcf(["CYP2C19"]), drugs=["Plavix 75 mg", "aspirin-like"])
    assert list(report.drugs) == ["clopidogrel"]
    assert [f.place for f in report.findings if f.code == "drug-unknown"] == ["drugs"]
    found = pgx.drug_safety(report, ["clopidogrel", "codeine"])
    assert [code for code, _ in stated(found, "codeine")] == ["guidance-not-evaluated"]


def test_one_drug_to_avoid_among_several_is_enough(report):
    """Written as a list, as one text, and by brand and salt."""
    for drugs in (["omeprazole", "Plavix"], "omeprazole + clopidogrel bisulfate 75 mg", ["clopidogrel/aspirin"]):
        found = pgx.drug_safety(report, {"both": drugs, "other": ["omeprazole"]})
        assert found.not_advised == {"both"}
        assert "clopidogrel" in {row["drug"] for row in found.rows["both"]}
    assert ("drug-unknown", "no knowledge pack has guidance for aspirin") in stated(found, "both")


def test_strong_moderate_and_ungraded_rows_that_change_a_drug_mark_their_option(tmp_path, write_vcf):
    """CPIC, tamoxifen, CYP2D6 *4/*4: alternative, Strong; DPWG grades no row."""
    table = tmp_path / "outside.tsv"
    table.write_text("CYP2D6\t*4/*4\n")
    poor = pgx.call(write_vcf(["CYP2C19"]), outside=table)[0]
    found = pgx.drug_safety(poor, ["tamoxifen", "codeine"])
    assert ("alternative", "Strong") in {(row["action"], row["strength"]) for row in found.marks["tamoxifen"]}
    assert found.not_advised == {"codeine"}
    assert {row["action"] for row in found.marks["codeine"]} >= {"avoid"}
    drugs = pgx.drug_safety(poor, list(poor.drug_genes))
    for option, rows in drugs.rows.items():
        for row in rows:
            weak = row["strength"].lower() in ("optional", "no recommendation")
            changes = row["action"] in ("alternative", "reduce", "increase")
            assert (row in drugs.marks[option]) == (row["action"] == "avoid" or (changes and not weak))
    strengths = {row["strength"] for rows in drugs.rows.values() for row in rows}
    assert {"Strong", "Moderate", "Optional", "N/A"} <= strengths  # DPWG's rows are not graded
