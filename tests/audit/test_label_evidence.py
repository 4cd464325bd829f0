"""C07 by label rows of an evidence table that the user names: flagged where all that they ask for is denied."""

import json

import pytest
from typer.testing import CliRunner

from genorx.audit import Auditor, Facts, Records, read_claims
from genorx.cli import app
from genorx.errors import PackError
from genorx.oncology import import_evidence
from genorx.oncology.record import COLUMNS

DAY = "2024-03-01"


def _row(number, profile, drug, origin="somatic", level="approved", scheme="label"):
    cells = {
        "evidence_id": f"label:R{number}", "source": "label", "release": "2026-01", "profile_label": profile,
        "evidence_type": "predictive", "direction": "supports", "effect": "sensitivity", "level": level,
        "level_scheme": scheme, "disease_scope": "any_solid", "therapies": drug, "therapy_logic": "single",
        "origin": origin,
    }  # fmt: skip
    return "\t".join(cells.get(name, "") for name in COLUMNS)


ROWS = (
    _row(1, "BRAF V600E", "Drugbraf"),
    _row(2, "BRAF V600K", "Drugbraf"),
    _row(3, "KRAS Wildtype AND NRAS Wildtype", "Drugras"),
    _row(4, "NTRK1 Fusion OR NTRK2 Fusion", "Drugtrk"),
    _row(5, "BRCA1 Mutation", "Drugparp", origin="germline"),
    _row(6, "BRAF V600E", "Drugtwo"),
    _row(7, "RET Fusion", "Drugtwo"),
    _row(8, "ERBB2 Amplification", "Trastuzumab", level="B", scheme="civic"),
    _row(9, "BRAF V600E", "Bevacizumab"),
)
DRUGS = [
    {"code": f"X{at}", "drug": drug, "mg_per_unit": 10, "vials_mg": "100", "single_dose": True, "needs_gene": "",
     "needs_result": ""}
    for at, drug in enumerate(("drugbraf", "DrugRas", "drugtrk", "drugparp", "drugtwo", "trastuzumab"))
] + [{"code": "X9", "drug": "bevacizumab", "mg_per_unit": 10, "vials_mg": "100", "single_dose": True,
      "needs_gene": "VEGFA", "needs_result": "present"}]  # fmt: skip


@pytest.fixture
def evidence(tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("\n".join(["\t".join(COLUMNS), *ROWS]) + "\n")
    table = import_evidence("generic-tsv", path)
    assert not table.rejected
    return table.write(tmp_path / "labels")


@pytest.fixture
def folders(tmp_path, rows, evidence):
    """Return a function that writes a line of a drug code and results, and returns the folder."""

    def write(code, *results, claims=None):
        given = {"patient_id": "P1", "collected": "2024-01-01", "test": "panel", "origin": "somatic"}
        found = [given | {"gene": gene, "result": text, "reported": day, **more} for gene, text, day, more in results]
        records = {
            "patients": [{"patient_id": "P1", "sex": "female", "birth": "", "death": ""}],
            "results": found or [given | {"gene": "TP53", "result": "wild type", "reported": "2024-02-01"}],
        }
        rows.written(tmp_path / "records", records)
        rows.written(tmp_path / "facts", {"drug_codes": DRUGS})
        rows.written(tmp_path, {"claims": claims or [rows.line("A", 1, DAY, code, 2)]})
        return tmp_path

    return write


@pytest.fixture
def checked(folders, evidence):
    def check(code, *results, label_evidence=evidence):
        place = folders(code, *results)
        auditor = Auditor(rules=["C07"], as_of="2026-01-01").fit(Records.load(place / "records"))
        facts = Facts.load(place / "facts", label_evidence=label_evidence)
        return auditor, auditor.check(read_claims(place / "claims.csv"), facts)

    return check


def said(gene, text, day="2024-02-01", **more):
    return gene, text, day, more


UNCLEAR = "a result of the gene does not show whether the biomarker of the label rows is present"


@pytest.mark.parametrize(
    ("code", "results", "flagged", "unassessed"),
    [
        ("X0", [said("BRAF", "wild type")], True, ""),
        ("X0", [said("BRAF", "V600K")], False, ""),  # the second row has it
        ("X0", [said("BRAF", "G469A")], False, UNCLEAR),
        ("X0", [said("BRAF", "wild type", "2024-03-02")], False, ""),  # reported the day after: nobody knew
        ("X0", [said("BRAF", "wild type"), said("BRAF", "V600E", "2024-02-02")], False, ""),  # the last counts
        ("X0", [said("BRAF", "V600E"), said("BRAF", "wild type")], False, UNCLEAR),  # two of one day
        ("X0", [said("BRAF", "")], False, ""),  # an empty result is unknown, not negative
        ("X0", [said("BRAF", "wild type", origin="germline")], False, ""),  # of the blood, not of the tumour
        ("X0", [said("BRAF", "wild type", origin="")], False, ""),  # of which of the two nobody says
        ("X0", [], False, ""),  # a biomarker nobody looked at
        ("X1", [said("KRAS", "G12D")], True, ""),  # of two that must hold together one is denied
        ("X1", [said("KRAS", "wild type"), said("NRAS", "wild type")], False, ""),
        ("X1", [said("KRAS", "wild type")], False, ""),
        ("X2", [said("NTRK1", "not detected")], False, ""),  # the other gene was not looked at
        ("X2", [said("NTRK1", "not detected"), said("NTRK2", "no fusion")], True, ""),
        ("X3", [said("BRCA1", "negative", origin="germline")], True, ""),
        ("X3", [said("BRCA1", "negative")], False, ""),  # of the tumour
        ("X4", [said("BRAF", "wild type")], False, "label rows of the drug name different genes"),
        ("X5", [said("ERBB2", "not amplified")], False, ""),  # evidence, but of no label
    ],
)
def test_a_drug_is_flagged_where_results_deny_all_that_its_label_rows_ask_for(
    checked, code, results, flagged, unassessed
):
    _, found = checked(code, *results)
    assert found["rule"].tolist() == ["C07"] * flagged
    why = found.attrs["not_assessed"].get("C07", {})
    assert why == ({"lines": 1, "why": unassessed} if unassessed else {})


def test_the_reason_names_result_rows_and_biomarkers_and_the_explanation_shows_them(checked):
    auditor, found = checked("X0", said("BRAF", "wild type"))
    assert found["reason"].tolist() == [
        "BRAF wild type, reported 2024-02-01: by label rows label:R1, label:R2 drugbraf needs BRAF V600E or BRAF V600K"
    ]
    assert found["amount"].tolist() == [20.0]
    records = auditor.explain("A", 1).to_dict()["records"]
    shown = {each["values"].get("evidence_id", each["values"].get("result")) for each in records}
    assert {"label:R1", "label:R2", "wild type"} <= shown
    assert auditor.info()["provenance"]["facts"][-1]["table"] == "label_evidence"


def test_without_label_evidence_no_drug_needs_what_its_code_does_not_say(checked):
    _, found = checked("X0", said("BRAF", "wild type"), label_evidence=None)
    assert found.empty
    assert "C07" not in found.attrs["not_assessed"]


def test_facts_of_a_code_come_before_label_rows(checked):
    """Bevacizumab's code says VEGFA present; the label row, which asks for BRAF, is not looked at."""
    _, found = checked("X9", said("BRAF", "wild type"), said("VEGFA", "present"))
    assert found.empty
    _, found = checked("X9", said("BRAF", "V600E"), said("VEGFA", "absent"))
    assert found["reason"].tolist() == ["VEGFA absent, reported 2024-02-01: the drug needs VEGFA present"]


def test_a_finding_says_which_drugs_are_held_and_which_are_left(checked):
    _, found = checked("X0")
    (finding,) = [each for each in found.attrs["findings"] if each.code == "label-evidence"]
    assert finding.severity == "info"
    assert "4 of 7 drugs of the facts need a result (drugbraf, drugparp, drugras, drugtrk)" in finding.message
    assert "1 not assessed: their label rows together do not state a need (drugtwo)" in finding.message


def test_a_table_without_a_drug_of_the_facts_is_a_warning(checked):
    from genorx.oncology import default_evidence

    _, found = checked("X0", label_evidence=default_evidence())
    (finding,) = [each for each in found.attrs["findings"] if each.code == "label-evidence"]
    assert finding.severity == "warning"
    assert "0 of 7 drugs" in finding.message


def test_old_label_rows_are_named(checked, monkeypatch):
    """Release 2026-01, read on a day of 2030."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    _, found = checked("X0")
    assert "stale-knowledge" in [each.code for each in found.attrs["findings"]]


def test_a_folder_that_is_no_evidence_table_is_refused(tmp_path, folders):
    place = folders("X0")
    with pytest.raises(PackError) as caught:
        Facts.load(place / "facts", label_evidence=tmp_path / "records")
    assert caught.value.code == "pack-missing"


def test_the_command_takes_the_folder_and_counts_what_it_left(folders, evidence, rows):
    claims = [rows.line("A", 1, DAY, "X0", 2), rows.line("B", 1, DAY, "X4", 2)]
    place = folders("X0", said("BRAF", "wild type"), claims=claims)
    args = ["audit", "--claims", place / "claims.csv", "--records", place / "records", "--facts", place / "facts"]
    args += ["--label-evidence", evidence, "--rules", "C07", "--out", place / "out.csv", "--info", place / "info.json"]
    done = CliRunner().invoke(app, [str(each) for each in args])
    assert done.exit_code == 0, done.output
    assert (place / "out.csv").read_text().splitlines()[1].startswith("A,1,C07,")
    info = json.loads((place / "info.json").read_text())
    assert info["not_assessed"]["C07"] == {"lines": 1, "why": "label rows of the drug name different genes"}
