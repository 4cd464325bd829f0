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
    assert all(isinstance(value, str) for value in row.values())


def test_an_unknown_drug_and_one_without_a_row_are_findings(report):
    found = pgx.drug_safety(report, ["aspirin-like", "codeine"])
    assert [f.code for f in found.findings] == ["drug-unknown", "drug-without-row"]
    assert found.rows == {"aspirin-like": (), "codeine": ()}
    assert found.not_advised == frozenset()
