"""Evidence beside a ranking: what is attached, what is marked, and that the model's answer does not move."""

import json
from dataclasses import replace

import jsonschema
import pytest

from genorx.errors import UsageError
from genorx.oncology import default_evidence, match
from genorx.ranking import OptionAnswer, PatientAnswer, Ranking, best_tier, by_evidence
from genorx.ranking.answer.schema import ranking_schema

OPTIONS = {"doublet": ["Cetuximab + Encorafenib"], "antibody": "cetuximab", "surgery": []}


def answer(patient_id="P1"):
    """Three options of a model, one of them without estimate."""
    return PatientAnswer(
        patient_id=patient_id,
        reference="surgery",
        options=(
            OptionAnswer(option="antibody", rank=1, advice="recommend"),
            OptionAnswer(option="surgery", rank=2, advice="not_advised"),
            OptionAnswer(option="doublet", rank=None, advice="no_estimate", no_estimate_reason="nobody had it"),
        ),
    )


@pytest.fixture(scope="module")
def plain():
    return Ranking(answers=(answer(), answer("P2")), provenance={"knowledge": {"pgx": "2025"}}, name="made")


@pytest.fixture(scope="module")
def hits():
    return match(["BRAF V600E"], "COAD")


@pytest.fixture(scope="module")
def beside(plain, hits):
    return plain.with_evidence({"P1": hits}, OPTIONS)


def option(ranking, name, patient_id="P1"):
    return next(each for each in ranking[patient_id].options if each.option == name)


def test_the_models_rank_advice_and_numbers_do_not_move(plain, beside):
    """Two axes, never blended: without the added fields the model's options are those of before."""
    kept = [each for each in beside["P1"].options if each.listed_by == "model"]
    bare = [
        replace(new, evidence=(), axes=None, no_estimate_reason=old.no_estimate_reason)
        for new, old in zip(kept, plain["P1"].options, strict=True)
    ]
    assert tuple(bare) == plain["P1"].options
    assert beside["P1"].options[: len(kept)] == tuple(kept)


def test_evidence_has_the_keys_of_the_contract_and_names_what_a_row_is_about(beside):
    """EID of encorafenib and cetuximab in colorectal cancer with BRAF V600E: CIViC level A (BEACON), so I-A."""
    rows = option(beside, "doublet").evidence
    assert {"source", "id", "tier", "relation", "direction"} <= set(rows[0])
    assert ("I-A", "supports sensitivity") in {(row["tier"], row["direction"]) for row in rows}
    assert all(row["id"] in default_evidence() for row in rows)
    assert best_tier(option(beside, "doublet")) == "I-A"


def test_options_are_marked_by_the_axes_that_know_them(beside):
    assert option(beside, "antibody").axes == "both"
    assert option(beside, "surgery").axes == "model only"
    only = option(beside, "doublet")
    assert (only.axes, only.advice, only.no_estimate_reason) == (
        "evidence only",
        "no_estimate",
        "nobody had it; evidence only",
    )


def test_a_therapy_that_only_evidence_knows_is_listed_last_without_estimate(beside, plain, hits):
    known = [each for each in beside["P1"].options if each.listed_by == "evidence"]
    assert beside["P1"].options[-len(known) :] == tuple(known)
    assert {each.advice for each in known} == {"no_estimate"}
    assert all((each.rank, each.axes) == (None, "evidence only") and each.evidence for each in known)
    assert all(each.no_estimate_reason.startswith("evidence only") for each in known)
    vemurafenib = option(beside, "Vemurafenib")
    assert "evidence speaks against it" in vemurafenib.no_estimate_reason  # R-I in colorectal cancer
    without = plain.with_evidence({"P1": hits}, OPTIONS, others=False)
    assert [each.option for each in without["P1"].options] == ["antibody", "surgery", "doublet"]


def test_resistance_to_an_option_that_the_model_recommends_is_a_serious_finding(beside):
    """Cetuximab alone in BRAF V600E colorectal cancer: resistance, level B in the same tumour, so R-I."""
    assert option(beside, "antibody").advice == "recommend"
    found = [each for each in beside["P1"].findings if each.code == "evidence-resistance"]
    assert [each.severity for each in found] == ["serious"]
    assert "antibody" in found[0].message


def test_contradicting_rows_are_told_with_both_sides():
    rows = match(["EGFR L858R", "EGFR T790M"], "LUAD")
    known = Ranking(
        answers=(replace(answer(), options=(OptionAnswer(option="Erlotinib", rank=1, advice="reasonable"),)),)
    )
    found = known.with_evidence({"P1": rows})["P1"].findings
    message = next(each.message for each in found if each.code == "evidence-conflict")
    assert "for sensitivity" in message
    assert "for resistance" in message


def test_therapies_that_are_not_listed_are_counted(beside):
    """Rows that define no tier make no option; the finding says how many therapies they speak of."""
    from genorx.oncology import rank_therapies

    rest = [each for each in rank_therapies(match(["BRAF V600E"], "COAD")) if each.advice == "information"]
    found = [each.message for each in beside["P1"].findings if each.code == "evidence-not-listed"]
    assert bool(found) == bool(rest)
    assert not rest or f"on {len(rest)} further" in found[0]


def test_a_patient_without_alterations_was_not_looked_up_which_is_not_the_same_as_no_evidence(beside, plain):
    assert [each.code for each in beside["P2"].findings] == ["evidence-not-looked-up"]
    assert beside["P2"].options == plain["P2"].options
    nothing = plain.with_evidence({"P1": match([], "COAD")}, OPTIONS)
    assert option(nothing, "antibody").axes == "model only"
    assert option(nothing, "doublet").axes == "neither"


def test_a_second_look_up_replaces_the_first(plain, beside, hits):
    assert beside.with_evidence({"P1": hits}, OPTIONS)["P1"] == beside["P1"]
    assert beside.with_evidence({}, OPTIONS)["P1"].options == plain["P1"].options
    strange = {"P1": match(["BRAF V600E"], "no such tumour")}  # has a finding of its own
    once = plain.with_evidence(strange, OPTIONS)
    assert once.with_evidence(strange, OPTIONS)["P1"] == once["P1"]


@pytest.mark.parametrize(
    ("patients", "therapies", "code"),
    [({"P9": []}, {}, "no-such-patient"), ({}, {"magic": ["Cetuximab"]}, "no-such-option")],
)
def test_names_that_the_ranking_does_not_hold_are_refused(plain, patients, therapies, code):
    with pytest.raises(UsageError) as caught:
        plain.with_evidence(patients, therapies)
    assert caught.value.code == code


def test_an_unknown_tumour_type_is_told_for_the_patient(plain):
    found = plain.with_evidence({"P1": match(["BRAF V600E"], "no such tumour")}, OPTIONS)["P1"].findings
    assert ("tumour-type-unknown", "P1") in {(each.code, each.patient_id) for each in found}


def test_json_is_valid_and_names_the_releases_of_evidence(beside):
    records = json.loads(beside.to_json())
    for record in records:  # what a model adds; this ranking has none
        record["provenance"] = {"knowledge": record["provenance"]["knowledge"]}
    schema = ranking_schema()
    schema["$defs"]["provenance"]["required"] = []
    jsonschema.validate(records, schema, cls=jsonschema.Draft202012Validator)
    assert records[0]["provenance"]["knowledge"] == {
        "pgx": "2025",
        "civic-evidence": "2026-05",
        "label-evidence": default_evidence().layers[1]["release"],
    }
    assert [each["axes"] for each in records[0]["options"]][:3] == ["both", "model only", "evidence only"]
    assert {each["axes"] for each in records[1]["options"]} == {None}


def test_the_frame_and_the_explanation_show_evidence(beside):
    frame = beside.to_frame().set_index(["patient_id", "option"])
    assert frame.loc[("P1", "doublet"), "evidence_tier"] == "I-A"
    assert frame.loc[("P1", "antibody"), "evidence_against"] >= 1
    assert frame.loc[("P1", "surgery"), "evidence_against"] == 0
    assert frame["evidence_against"].isna()[("P2", "surgery")]
    stated = beside.explain("doublet", "P1")
    assert len(stated) == len(option(beside, "doublet").evidence)
    assert set(stated["kind"]) == {"evidence"}
    assert stated["size"].isna().all()


def test_the_order_can_put_evidence_first(plain, hits):
    """I-A first, then what nothing resists, and what has R-I resistance at the end."""
    names = [
        each.option
        for each in plain.with_evidence({"P1": hits}, OPTIONS, others=False, order=by_evidence)["P1"].options
    ]
    assert names == ["doublet", "surgery", "antibody"]


def test_the_page_shows_evidence_apart_and_escapes_it(plain, hits):
    from genorx.report.page import ranking_html

    strange = replace(hits[0], notes=("<script>",))
    text = ranking_html(plain.with_evidence({"P1": [strange, *hits[1:]]}, OPTIONS))
    assert "Public evidence" in text
    assert "<script>" not in text
    first = text.split('id="patient-2"')[0]
    assert first.index("Vemurafenib") > first.index("Public evidence")
    assert text.count("<h3>Public evidence") == 1  # the second patient was not looked up
    above, _, below = first.partition("<h3>Public evidence")
    assert "Vemurafenib" not in above
    assert "evidence-not-listed" not in above  # which names therapies: it stands with the rows of evidence
    assert "evidence-not-listed" in below
