"""Answers as FHIR: the rules of the guide, numbers as in the JSON, and the same when read back."""

import json

import pytest

import genorx as gx
from genorx.cli.app import run
from genorx.datasets import write_pgx_cohort
from genorx.errors import UsageError
from genorx.interop import check_fhir
from genorx.ranking import Ranking
from genorx.ranking.answer.answer import Difference, Estimate, OptionAnswer, PatientAnswer


@pytest.fixture(scope="module")
def hits():
    return gx.oncology.match(["BRAF V600E", "EML4::ALK", "ERBB2 amplification"], "COAD")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    path = tmp_path_factory.mktemp("pgx") / "cohort.vcf.gz"
    write_pgx_cohort(path, 12, seed=4, missing=0.02)
    return gx.pgx.call(path)


@pytest.fixture(scope="module")
def ranking():
    gap = Difference(outcome="os", measure="rmst", horizon=365, unit="days", estimate=20.0, lower=-5.0, upper=40.0,
                     probability_better=0.9)  # fmt: skip

    def number(measure, horizon, unit, *three, outcome="os", gap=None):
        low, value, high = three
        return Estimate(outcome=outcome, measure=measure, horizon=horizon, unit=unit, estimate=value, lower=low,
                        upper=high, difference=gap)  # fmt: skip

    taken = OptionAnswer(
        option="new", rank=1, advice="recommend",
        estimates=(
            number("survival", 365, "", 0.7, 0.8, 0.9), number("rmst", 365, "days", 300, 310, 320, gap=gap),
            number("median", None, "days", None, None, None),
            number("incidence", 365, "", 0.05, 0.1, 0.2, outcome="relapse:death"),
            number("probability", None, "", 0.1, 0.3, 0.4, outcome="toxicity"),
            number("value", None, "mg/wk", 30, 35, 41, outcome="dose"),
        ),
        evidence=({"source": "civic", "id": "civic:EID1", "tier": "I-A", "relation": "exact", "level": "A",
                   "direction": "supports sensitivity", "therapy": "new", "reason": "r"},),
    )  # fmt: skip
    none = OptionAnswer(option="old", rank=None, advice="no_estimate", no_estimate_reason="age is outside")
    answers = tuple(PatientAnswer(patient_id=name, reference="old", options=(taken, none)) for name in ("P1", "P2"))
    return Ranking(answers=answers, provenance={"date": "2026-01-02", "knowledge": {"civic": "2026-05"}},
                   primary="os", horizon=365, unit="days", name="trial")  # fmt: skip


def back(bundle, tmp_path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(bundle))
    return gx.read_fhir(path)


def of_type(bundle, kind):
    return [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == kind]


def test_evidence_is_derived_from_variants_and_read_back_equal(hits, tmp_path):
    bundle = hits.to_fhir("P1")
    assert check_fhir(bundle) == []
    tables = back(bundle, tmp_path)
    assert set(tables.variants.patient_id) == {"P1"}
    assert tables.variants.gene.tolist() == ["BRAF", "EML4; ALK", "ERBB2"]
    wanted = [h for h in hits if h.evidence_type == "predictive" and h.direction == "supports"
              and h.effect in ("sensitivity", "resistance")]  # fmt: skip
    assert len(tables.implications) == len(wanted)
    row = tables.implications.set_index("evidence").loc["civic|civic:EID9851"]
    assert (row.drug, row.effect, row.level) == ("Encorafenib; Cetuximab", "Responsive", "I-A; level A")
    assert row.condition == "Colorectal Cancer"
    names = {each["id"] for each in of_type(bundle, "Observation")}
    assert set("; ".join(tables.implications.derived_from).split("; ")) <= names


def test_a_tumour_without_a_name_is_called_tumour(hits):
    assert of_type(hits.to_fhir(), "Patient")[0]["identifier"][0]["value"] == "tumour"


def test_a_tumour_of_a_file_keeps_its_place(exchange, tmp_path):
    found = gx.oncology.match(gx.oncology.read_alterations(exchange / "maf/test_b38_output.maf"), "AML")
    bundle = found.to_fhir()
    assert check_fhir(bundle) == []
    alleles = set(back(bundle, tmp_path).variants.allele.dropna())
    theirs = set(gx.interop.read_maf(exchange / "maf/test_b38_output.maf").variants.allele)
    assert alleles
    assert alleles <= theirs


def test_pharmacogenes_say_what_is_not_called(reports, tmp_path):
    for report in reports:
        bundle = report.to_fhir()
        assert check_fhir(bundle) == []
        tables = back(bundle, tmp_path)
        called = {name: " / ".join(gene.printed) for name, gene in report.genes.items() if gene.call.called}
        assert dict(zip(tables.genotypes.gene, tables.genotypes.name, strict=False)) != {} or not called
        assert {row.gene: row["name"] for _, row in tables.genotypes.iterrows()} == called
        assert len(tables.implications) == sum(len(rows) for rows in report.drugs.values())
        notes = [
            each["valueAnnotation"]["text"] for each in of_type(bundle, "DiagnosticReport")[0].get("extension", [])
        ]
        for name, gene in report.genes.items():
            assert gene.call.called != any(note.startswith(f"{name}: not called (") for note in notes)


def test_hgnc_ids_are_those_of_published_examples(exchange):
    """Ids of the pharmacogenes that HL7's examples name."""
    from genorx.interop.fhir_out.hgnc import HGNC_IDS

    seen = 0
    for path in (exchange / "hl7_genomics_reporting").glob("*.json"):
        rows = gx.read_fhir(path).genotypes
        for gene, number in zip(rows.gene.dropna(), rows.gene_id.dropna(), strict=False):
            if gene in HGNC_IDS:
                assert number == f"HGNC:{HGNC_IDS[gene]}"
                seen += 1
    assert seen > 3


def test_a_ranking_is_a_risk_assessment_an_option_with_the_json_s_numbers(ranking, tmp_path):
    bundle = ranking.to_fhir()
    assert check_fhir(bundle) == []
    first, second = of_type(bundle, "RiskAssessment")[:2]
    assert first["note"][0]["text"] == "rank 1; advice recommend"
    assert (first["method"]["text"], first["code"]["text"]) == ("genorx model of trial", "new")
    event, mean = first["prediction"][:2]
    assert event["probabilityDecimal"] == pytest.approx(0.2)
    limits = event["extension"][0]["valueRange"]
    assert (limits["low"]["value"], limits["high"]["value"]) == (pytest.approx(0.1), pytest.approx(0.3))
    assert event["whenRange"]["high"] == {
        "value": 365.0,
        "unit": "days",
        "system": "http://unitsofmeasure.org",
        "code": "d",
    }
    assert mean["extension"][0]["valueQuantity"]["value"] == 310
    assert first["extension"][0]["url"] == "urn:genorx:fhir:difference"
    assert [each["outcome"]["text"] for each in first["prediction"]] == [
        "os: event", "os: rmst", "relapse:death: event", "toxicity: event", "dose: value",
    ]  # fmt: skip
    assert "prediction" not in second
    assert [each["text"] for each in second["note"]] == ["advice no_estimate", "age is outside"]
    risks = back(bundle, tmp_path).risks
    assert risks.probability.dropna().tolist() == pytest.approx([0.2, 0.1, 0.3] * 2)
    assert set(risks.patient_id) == {"P1", "P2"}


def test_parts_of_one_patient_are_put_together(ranking, hits, reports):
    bundle = ranking.to_fhir("P1", hits=hits)
    assert check_fhir(bundle) == []
    assert len(of_type(bundle, "Patient")) == 1
    with pytest.raises(UsageError) as caught:
        ranking.to_fhir(hits=hits)
    assert caught.value.code == "hits-of-one"
    for whose in (None, "P1"):  # of one patient too: nobody's tumour is not left out in silence
        with pytest.raises(UsageError) as caught:
            ranking.to_fhir(whose, hits={"P9": hits})
        assert caught.value.code == "no-such-patient"
    assert check_fhir(ranking.to_fhir("P1", hits={"P1": hits, "P2": hits})) == []
    with pytest.raises(UsageError):
        ranking.to_fhir("nobody")
    alone = ranking.to_fhir("P1")
    assert of_type(alone, "Observation")[0]["derivedFrom"] == [
        {"display": "the tumour's alterations, which are not in this bundle"}
    ]


def test_the_same_answer_gives_the_same_bundle(ranking):
    assert json.dumps(ranking.to_fhir()) == json.dumps(ranking.to_fhir())


@pytest.mark.parametrize(
    "harm",
    [
        lambda b: b.update(type="transaction"),
        lambda b: b["entry"].pop(0),
        lambda b: b["entry"][0]["resource"].update(birthDate="1970-01-01"),
        lambda b: b["entry"][0].update(fullUrl="urn:uuid:1"),
        lambda b: b["entry"][1]["resource"].update(code={"text": "x"}),
        lambda b: b["entry"][1]["resource"]["result"].pop(),
        lambda b: b["entry"][1]["resource"].pop("meta"),
        lambda b: b["entry"].append(b["entry"].pop(1)),
        lambda b: b["entry"][2]["resource"].update(status="preliminary"),
        lambda b: b["entry"][2]["resource"]["category"].pop(),
        lambda b: b["entry"][2]["resource"].update(valueCodeableConcept={}),
        lambda b: b["entry"][-1]["resource"].pop("derivedFrom"),
        lambda b: b["entry"][-1]["resource"].update(subject={"identifier": {"value": "P1"}}),
        lambda b: b["entry"][-1]["resource"].update(derivedFrom=[{"reference": "urn:uuid:nowhere"}]),
    ],
)
def test_each_broken_rule_is_a_finding(hits, harm):
    bundle = json.loads(json.dumps(hits.to_fhir("P1")))
    harm(bundle)
    assert {each.code for each in check_fhir(bundle)} == {"fhir-rule"}


def test_what_is_no_bundle_is_a_finding():
    assert [each.code for each in check_fhir({"resourceType": "Patient"})] == ["fhir-rule"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": 1}', "there is no resourceType"),
        ("[]", "there is no resourceType"),
        ('{"resourceType": "Patient", "id": "p"}', "this is a Patient, not a Bundle"),
    ],
)
def test_a_file_without_bundles_is_refused_by_the_command(content, reason, tmp_path, capsys):
    """The contract: bad input ends with status 3 and leaves no file; the rules only judge Bundles."""
    given, out = tmp_path / "given.json", tmp_path / "f.json"
    given.write_text(content)
    assert run(["interop", "check", str(given), "--out", str(out)]) == 3
    said = capsys.readouterr().err
    assert said.startswith("error[fhir]")
    assert reason in said
    assert not out.exists()


def test_commands_write_and_check_fhir(tmp_path):
    out, found = tmp_path / "e.json", tmp_path / "f.json"
    words = [
        "evidence",
        "--variants",
        "BRAF V600E",
        "--disease",
        "MEL",
        "--format",
        "fhir",
        "--out",
        str(out),
        "--quiet",
    ]
    assert run(words) == 0
    assert run(["interop", "check", str(out), "--out", str(found), "--quiet"]) == 0
    assert json.loads(found.read_text()) == []
    path = tmp_path / "c.vcf.gz"
    write_pgx_cohort(path, 3, seed=1)
    assert run(["pgx", str(path), "--format", "fhir", "--out", str(out), "--quiet"]) == 0
    assert len(of_type(json.loads(out.read_text()), "Patient")) == 3


def test_every_resource_is_r4b(hits, reports, ranking):
    """fhir.resources has R4B, which differs from R4 in none of the elements that are written."""
    from importlib import import_module

    bundles = [hits.to_fhir(), ranking.to_fhir(), *(report.to_fhir() for report in reports)]
    for entry in (entry for bundle in bundles for entry in bundle["entry"]):
        kind = entry["resource"]["resourceType"]
        getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(entry["resource"])
