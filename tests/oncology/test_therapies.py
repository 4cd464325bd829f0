"""Options: both sides on each, resistance by a second alteration, two axes, and the order of docs/guide/oncology.md."""

import pytest

from genorx.oncology import EvidenceTable, ModelEstimate, default_evidence, match, rank_therapies


def options(alterations, disease, **more):
    return {option.name: option for option in rank_therapies(match(alterations, disease), **more)}


def test_a_combination_answers_for_the_combination_only():
    found = options(["BRAF V600E"], "COAD")
    assert found["Cetuximab + Encorafenib"].tier == "I-A"
    assert found["Cetuximab + Encorafenib"].rank == 1
    assert found["Cetuximab"].advice == "not_advised"
    assert found["Vemurafenib"].advice == "not_advised"
    assert [hit.evidence_id for hit in found["Cetuximab + Encorafenib"].related]  # said beside it, deciding nothing


def test_substitutes_answer_for_each_drug_and_a_sequence_keeps_its_order():
    table = default_evidence()
    any_row = next(
        r for r in table if r.therapy_logic == "any" and r.effect == "sensitivity" and r.direction == "supports"
    )
    facts = [atom.to_dict() for atom in any_row.predicate[0]]
    names = {option.name for option in rank_therapies(match(facts, any_row.disease_id))}
    assert set(any_row.therapies) <= names
    row = next(r for r in table if r.therapy_logic == "sequence")
    found = rank_therapies(
        match([atom.to_dict() for atom in row.predicate[0]], row.disease_id, EvidenceTable(records=(row,)))
    )
    assert found[0].name == " then ".join(row.therapies)


def test_resistance_by_a_second_alteration_takes_an_option_away():
    """EGFR T790M beside L858R: first-generation inhibitors (gefitinib, erlotinib) leave the list."""
    alone, both = options(["EGFR L858R"], "LUAD"), options(["EGFR L858R", "EGFR T790M"], "LUAD")
    assert alone["Gefitinib"].advice == "option"
    assert both["Gefitinib"].advice == "not_advised"
    assert both["Gefitinib"].rank is None
    assert "T790M" in both["Gefitinib"].reason
    assert both["Osimertinib"].advice == "option"


def test_weaker_resistance_marks_and_does_not_exclude():
    table = default_evidence()
    from dataclasses import replace

    base = next(r for r in table if r.evidence_id == "civic:EID9851")
    single = replace(base, therapies=("X",), therapy_logic="single", evidence_id="t:1", level="B")
    weak = replace(single, evidence_id="t:2", effect="resistance", level="C")
    (option,) = rank_therapies(match(["BRAF V600E"], "COAD", EvidenceTable(records=(single, weak))))
    assert option.advice == "option"
    assert "does not exclude" in option.conflict
    assert "t:2 level C" in option.conflict
    strong = replace(weak, level="B")
    (option,) = rank_therapies(match(["BRAF V600E"], "COAD", EvidenceTable(records=(single, strong))))
    assert option.advice == "not_advised"
    assert "decides" in option.conflict


def test_rows_that_found_no_benefit_stand_beside_those_that_did():
    from dataclasses import replace

    base = next(r for r in default_evidence() if r.evidence_id == "civic:EID9851")
    yes = replace(base, therapies=("X",), therapy_logic="single", evidence_id="t:1")
    no = replace(yes, evidence_id="t:2", direction="does_not_support")
    never = replace(yes, evidence_id="t:3", direction="does_not_support", effect="resistance", therapies=("Y",))
    found = {o.name: o for o in rank_therapies(match(["BRAF V600E"], "COAD", EvidenceTable(records=(yes, no, never))))}
    assert [hit.evidence_id for hit in found["X"].opposing] == ["t:2"]
    assert "found none" in found["X"].conflict
    assert found["Y"].advice == "information"  # no resistance shown is no option
    assert found["Y"].tier is None


def test_evidence_and_estimate_are_two_axes_and_either_may_stand_alone():
    estimates = {
        "Dabrafenib + Trametinib": ModelEstimate(estimate=3.0, lower=0.5, upper=5.5, population="trial", unit="months"),
        "Observation": ModelEstimate(estimate=0.0, lower=-1.0, upper=1.0),
    }
    found = options(["BRAF V600E"], "COAD", estimates=estimates)
    assert found["Dabrafenib + Trametinib"].axes == "both"
    assert found["Cetuximab + Encorafenib"].axes == "evidence only"
    assert found["Observation"].axes == "model only"
    assert found["Observation"].tier is None
    without = options(["BRAF V600E"], "COAD")
    assert found["Dabrafenib + Trametinib"].tier == without["Dabrafenib + Trametinib"].tier  # never blended


def test_the_lower_bound_of_benefit_orders_within_a_tier_only():
    estimates = {"Dabrafenib + Trametinib": ModelEstimate(estimate=3.0, lower=0.5, upper=5.5),
                 "Binimetinib + Cetuximab + Encorafenib": ModelEstimate(estimate=90.0, lower=80.0,
                 upper=99.0)}  # fmt: skip
    found = options(["BRAF V600E"], "COAD", estimates=estimates)
    assert found["Dabrafenib + Trametinib"].rank == 1
    assert found["Binimetinib + Cetuximab + Encorafenib"].rank > found["Cetuximab + Encorafenib"].rank


def test_the_order_can_be_replaced():
    by_name = rank_therapies(match(["BRAF V600E"], "COAD"), order=lambda option: option.name)
    assert [option.name for option in by_name] == sorted(option.name for option in by_name)


def test_a_drug_that_the_patient_cannot_have_is_not_advised_with_the_reason():
    found = options(["BRAF V600E"], "COAD", excluded={"encorafenib": "QT prolongation"})
    assert found["Cetuximab + Encorafenib"].advice == "not_advised"
    assert "QT prolongation" in found["Cetuximab + Encorafenib"].reason


def test_drug_metabolism_is_a_note_on_each_drug_and_never_an_option():
    star = {"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A", "zygosity": "homozygous", "origin": "germline"}
    found = options(["BRAF V600E", star], "COAD")
    notes = [note for option in found.values() for note in option.safety if note["gene"] == "DPYD"]
    assert notes
    assert all("DPYD*2A" in note["finding"] for note in notes)
    assert not [
        o
        for o in found.values()
        if o.advice == "option" and any("DPYD" in f.genes for h in o.supporting for f in h.alterations)
    ]
    called = options(["BRAF V600E"], "COAD", phenotypes={"DPYD": "Intermediate Metabolizer", "UGT1A1": "Normal"})
    assert "Intermediate Metabolizer" in {note["finding"] for option in called.values() for note in option.safety}
    unknown = options(["BRAF V600E"], "COAD")["Dabrafenib + Trametinib"]
    assert unknown.not_assessed == ("G6PD",)


@pytest.mark.parametrize(
    ("facts", "disease"),
    [(["BRAF V600E"], "MEL"), (["KRAS G12D"], "COAD"), (["FLT3 ITD", "NPM1 W288fs"], "AML"), (["TP53 R175H"], "BRCA")],
)
def test_every_option_has_a_reason(facts, disease):
    """Number 21."""
    for option in rank_therapies(match(facts, disease)):
        assert option.reason
        assert option.to_dict()["option"] == option.name


def test_an_option_names_what_was_not_assessed_and_would_speak_on_it():
    """civic:EID1971, MET amplification AND NOT KRAS mutation, resistance to panitumumab."""
    found = options(["MET amplification", "BRAF V600E"], "COAD")
    assert found["Panitumumab"].not_assessed == ("NOT KRAS mutation (civic:EID1971)",)
    assert found["Panitumumab"].to_dict()["not_assessed"] == ["NOT KRAS mutation (civic:EID1971)"]
    both = match(["MET amplification", "BRAF V600E"], "COAD", assessed=["KRAS"])
    looked = {option.name: option for option in rank_therapies(both)}
    assert looked["Panitumumab"].not_assessed == ()
    assert "civic:EID1971" in {hit.evidence_id for hit in looked["Panitumumab"].resistance}


def test_an_option_names_scheme_release_path_and_citations():
    first = rank_therapies(match(["BRAF V600E"], "COAD", scheme="amp-pcgr"))[0].to_dict()
    assert first["scheme"] == "amp-pcgr"
    row = first["supporting"][0]
    assert (row["release"], row["level_scheme"]) == ("2026-05", "civic")
    assert row["citations"]
    assert "DOID" in row["disease_path"]


def test_no_hits_give_no_options():
    assert rank_therapies(match(["TTN A1V"], "MEL")) == []
