"""What label rows ask for, and what a laboratory's words say of it."""

import pytest

from genorx.oncology import default_evidence
from genorx.oncology.label_needs import label_needs
from genorx.oncology.profile import parse_profile
from genorx.oncology.stated_result import stated
from genorx.oncology.table import EvidenceTable
from genorx.oncology.tier import is_label_level


@pytest.fixture
def row():
    """``row("BRAF V600E", "Dabrafenib", ...)``: a label row that supports sensitivity."""
    from genorx.oncology.record import EvidenceRecord

    def make(profile, *drugs, number=1, **more):
        given = {
            "evidence_id": f"label:X{number}",
            "source": "label",
            "release": "2026-01",
            "profile_id": None,
            "profile_label": profile,
            "predicate": parse_profile(profile),
            "evidence_type": "predictive",
            "direction": "supports",
            "effect": "sensitivity",
            "level": "approved",
            "level_scheme": "label",
            "rating": None,
            "disease_label": None,
            "disease_id": None,
            "disease_scope": "any_solid",
            "therapies": drugs,
            "therapy_logic": "single" if len(drugs) == 1 else "all",
            "origin": "somatic",
            "citations": (),
            "trials": (),
            "flags": (),
            "reviewed": None,
        }
        return EvidenceRecord(**given | more)

    return make


@pytest.mark.parametrize(
    ("scheme", "level", "label"),
    [
        ("label", "approved", True),
        ("label", "Accelerated", True),
        ("moalmanac", "FDA-Approved", True),
        ("moalmanac", "Guideline", False),  # a guideline is no label
        ("cgi", "FDA guidelines", True),
        ("oncokb", "1", True),
        ("oncokb", "2", False),  # standard of care by a guideline, Chakravarty 2017, table 1
        ("civic", "A", False),  # validated, also without a label
        ("another", "approved", False),
    ],
)
def test_label_levels_are_those_of_approvals(scheme, level, label):
    assert is_label_level(scheme, level) is label


def test_only_label_rows_that_support_sensitivity_make_a_need(row):
    others = [
        row("BRAF V600E", "Drug A", number=1, level="B", level_scheme="civic"),
        row("BRAF V600E", "Drug B", number=2, direction="does_not_support"),
        row("BRAF V600E", "Drug C", number=3, effect="resistance"),
        row("BRAF V600E", "Drug D", number=4, evidence_type="prognostic"),
        row("BRAF V600E", "Dabrafenib", "Trametinib", number=5),
    ]
    needs = label_needs(EvidenceTable(records=tuple(others)))
    assert {drug: need.biomarkers for drug, need in needs.items()} == dict.fromkeys(
        ("dabrafenib", "trametinib"), "BRAF V600E"
    )


def test_rows_that_name_different_genes_leave_a_drug_unsettled(row):
    rows = [
        row("BRAF V600E", "X", number=1),
        row("KRAS G12C", "X", number=2),
        row("BRAF V600E", "Y", number=3),
        row("BRAF V600K", "Y", number=4),
        row("NTRK1 Fusion OR NTRK2 Fusion", "Z", number=5),
    ]
    needs = label_needs(EvidenceTable(records=tuple(rows)))
    assert needs["x"].unsettled == "label rows of the drug name different genes"
    assert needs["y"].unsettled == ""
    assert needs["y"].biomarkers == "BRAF V600E or BRAF V600K"
    assert needs["z"].genes == ("NTRK1", "NTRK2")
    assert needs["z"].unsettled == ""


def test_the_embedded_label_rows_settle_nothing():
    """Three tumour-agnostic approvals by markers of the whole tumour; dostarlimab and pembrolizumab have others."""
    needs = label_needs(default_evidence())
    assert {drug: need.unsettled for drug, need in needs.items()} == dict.fromkeys(
        ("dostarlimab", "pembrolizumab"), "a label row of the drug needs what no result of a single gene shows"
    )


@pytest.mark.parametrize(
    ("asked", "gene", "result", "says"),
    [
        ("BRAF V600E", "BRAF", "p.Val600Glu", True),
        ("BRAF V600E", "BRAF", "Negative", False),
        ("BRAF V600E", "BRAF", "Wild-type", False),
        ("BRAF V600E", "BRAF", "G469A", None),  # another change does not say that this one was looked for
        ("BRAF V600E", "BRAF", "mutated", None),
        ("BRAF V600E", "BRAF", "positive", None),
        ("BRAF V600E", "BRAF", "see report", None),
        ("BRAF V600E", "BRAF", "not amplified", None),  # of copies, not of the sequence
        ("ERBB2 Amplification", "HER2", "amplified", True),
        ("ERBB2 Amplification", "ERBB2", "not amplified", False),
        ("ERBB2 Amplification", "ERBB2", "wild type", None),
        ("ERBB2 Amplification", "ERBB2", "2", None),  # copies, or a score of a stain: not said
        ("ALK Fusion", "ALK", "EML4::ALK", True),
        ("ALK Fusion", "ALK", "not rearranged", False),
        ("ALK Fusion", "ALK", "wild type", None),
        ("KRAS Wildtype", "KRAS", "wild type", True),
        ("KRAS Wildtype", "KRAS", "not detected", True),
        ("KRAS Wildtype", "KRAS", "G12D", False),
        ("NOT KRAS G12C", "KRAS", "G12C", False),
        ("NOT KRAS G12C", "KRAS", "negative", True),
        ("ERBB2 Overexpression", "ERBB2", "negative", None),
    ],
)
def test_a_laboratorys_words_say_that_a_biomarker_is_there_or_not_or_neither(asked, gene, result, says):
    assert stated(parse_profile(asked)[0][0], gene, result) is says


def test_negative_says_nothing_where_the_gene_is_asked_about_in_two_ways(row):
    """Trastuzumab deruxtecan is approved with amplified and with mutated ERBB2: negative may be of either."""
    rows = (row("ERBB2 Amplification", "X", number=1), row("ERBB2 Mutation", "X", number=2))
    need = label_needs(EvidenceTable(records=rows))["x"]
    assert not need.one_measure("ERBB2")
    assert stated(rows[0].predicate[0][0], "ERBB2", "negative", one_measure=False) is None
    assert stated(rows[0].predicate[0][0], "ERBB2", "not amplified", one_measure=False) is False
