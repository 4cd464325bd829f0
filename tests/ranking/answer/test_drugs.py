"""Guidance on the drugs of options; expected rows are CPIC's: clopidogrel is to be avoided by CYP2C19 *2/*2."""

import dataclasses
import json

import jsonschema
import pytest

from genorx import pgx
from genorx.datasets import write_pgx_cohort
from genorx.errors import FINDINGS, UsageError
from genorx.ranking.answer.schema import ranking_schema
from genorx.report import report_html
from genorx.report.headline import headline

DRUGS = {"new": ["Clopidogrel"], "standard": "codeine", "rare": ["warfarin", "aspirinol"]}
ASKED = ("P0020", "P0100")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """P0020 is CYP2C19 *2/*2, P0100 is *1/*1."""
    made = []
    for patient, allele in zip(ASKED, ("*2", "*1"), strict=True):
        path = tmp_path_factory.mktemp(patient) / "a.vcf"
        write_pgx_cohort(path, n=1, frequencies={"CYP2C19": {allele: 1.0}})
        made.append(dataclasses.replace(pgx.call(path)[0], sample=patient))
    return made


@pytest.fixture
def guided(ranker, cohort, patients_of, reports):
    return ranker.rank(patients_of(cohort, *ASKED), pgx=reports, drugs=DRUGS)


@pytest.fixture
def plain(ranker, cohort, patients_of):
    return ranker.rank(patients_of(cohort, *ASKED))


def option(ranking, patient, name):
    return next(each for each in ranking[patient].options if each.option == name)


def test_an_option_to_avoid_is_not_advised_and_carries_the_row(guided, plain):
    assert option(plain, "P0020", "new").advice == "recommend"
    new = option(guided, "P0020", "new")
    assert new.advice == "not_advised"
    row = next(each for each in new.safety if each["action"] == "avoid" and each["source"].startswith("CPIC"))
    assert (row["gene"], row["phenotype"], row["drug"]) == ("CYP2C19", "Poor Metabolizer", "clopidogrel")
    codes = [(f.code, f.severity) for f in guided["P0020"].findings]
    assert ("drug-avoided", "serious") in codes


def test_the_others_are_advised_on_as_if_it_were_not_there(guided, plain):
    """``standard`` was not advised because ``new`` is better; with ``new`` excluded nothing better is left."""
    assert option(plain, "P0020", "standard").advice == "not_advised"
    assert option(guided, "P0020", "standard").advice == "reasonable"
    assert "Only standard is left" in headline(guided["P0020"])
    assert "Guidance says to avoid a drug of new" in headline(guided["P0020"])


def test_estimates_and_ranks_are_untouched_by_guidance(guided, plain):
    for patient in ASKED:
        for with_rows, without in zip(guided[patient].options, plain[patient].options, strict=True):
            assert (with_rows.option, with_rows.rank) == (without.option, without.rank)
            assert with_rows.estimates == without.estimates
            assert with_rows.probability_best == without.probability_best


def test_a_normal_metabolizer_keeps_the_advice_of_the_estimates(guided, plain):
    assert [o.advice for o in guided["P0100"].options] == [o.advice for o in plain["P0100"].options]
    assert {row["action"] for row in option(guided, "P0100", "new").safety} == {"standard", "no_recommendation"}


def test_nothing_found_and_drugs_that_no_pack_knows_are_findings_never_safe(guided):
    """CYP2D6 was not tested, so codeine has no row; aspirinol is no drug."""
    for patient in ASKED:
        found = {(f.code, f.place) for f in guided[patient].findings}
        assert {("drug-without-row", "standard"), ("drug-unknown", "rare")} <= found
        assert option(guided, patient, "standard").safety == ()


def test_a_patient_without_a_report_and_an_option_without_drugs_are_findings(ranker, cohort, patients_of, reports):
    found = ranker.rank(patients_of(cohort, *ASKED), pgx=reports[:1], drugs={"new": "clopidogrel", "rare": []})
    codes = [(f.code, f.patient_id, f.place) for f in found.findings]
    assert ("pgx-no-report", "P0100", None) in codes
    assert {("option-without-drugs", None, "standard"), ("option-without-drugs", None, "rare")} <= set(codes)
    assert option(found, "P0100", "new").safety == ()
    assert {"pgx-no-report", "option-without-drugs", "drug-avoided"} <= set(FINDINGS)


def test_an_option_without_estimate_is_not_advised_too(ranker, cohort, patients_of, reports):
    found = ranker.rank(patients_of(cohort, "P0020"), pgx=reports, drugs={"rare": "clopidogrel"})
    rare = option(found, "P0020", "rare")
    assert (rare.advice, rare.rank, rare.estimates) == ("not_advised", None, ())
    assert rare.no_estimate_reason
    assert headline(found["P0020"]).endswith("Guidance says to avoid a drug of rare. No estimate for rare.")


def test_json_frame_and_page_show_the_rows_beside_the_estimate(guided):
    records = json.loads(guided.to_json())
    jsonschema.validate(records, ranking_schema(), cls=jsonschema.Draft202012Validator)
    first = next(each for each in records[0]["options"] if each["option"] == "new")
    assert set(first["safety"][0]) == {"gene", "phenotype", "drug", "action", "strength", "source"}
    assert records[0]["provenance"]["knowledge"]["pharmacogene definitions"]
    frame = guided.to_frame()
    texts = frame[(frame["patient_id"] == "P0020") & (frame["option"] == "new")]["safety"]
    assert all("clopidogrel: avoid (CYP2C19 Poor Metabolizer, CPIC" in text for text in texts)
    page = report_html(guided)
    assert "<h3>Safety</h3>" in page
    assert "no estimate takes it into account" in page
    assert "CYP2C19 Poor Metabolizer" in page


@pytest.mark.parametrize(
    ("give", "code"),
    [
        (lambda reports: {"pgx": reports}, "pgx-and-drugs"),
        (lambda reports: {"drugs": DRUGS}, "pgx-and-drugs"),
        (lambda reports: {"pgx": reports, "drugs": {"magic": "warfarin"}}, "no-such-option"),
        (lambda reports: {"pgx": [reports[0]] * 2, "drugs": DRUGS}, "sample-twice"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(ranker, cohort, patients_of, reports, give, code):
    with pytest.raises(UsageError) as caught:
        ranker.rank(patients_of(cohort, "P0020"), **give(reports))
    assert caught.value.code == code
